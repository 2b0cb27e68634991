import { randomBytes, randomUUID } from 'node:crypto';

/** The headers that our publisher gives an event, as texts. */
export const headersOf = (id: string, topic: string, service: string): Record<string, string> => ({
  ce_specversion: '1.0',
  ce_id: id,
  ce_type: topic,
  ce_source: `/${service}`,
  ce_time: new Date().toISOString(),
  'content-type': 'application/json',
  traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
  'correlation-id': randomUUID(),
});
