import { nextSpan, runOnTrail } from '../correlation/correlation.js';

/** Runs work as the handler of an event would, for specs without a broker. @param id the event's `ce_id` */
export function whileHandling<T>(id: string, work: () => T, replay = false): T {
  const message = { id, topic: 'spec', partition: 0, offset: 0n, attempt: 1, time: new Date(), replay };
  return runOnTrail({ correlationId: id, traceparent: nextSpan(undefined), message }, work);
}
