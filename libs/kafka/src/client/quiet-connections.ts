import RequestQueue, { type PendingRequests } from 'kafkajs/src/network/requestQueue/index.js';

/** How soon a request that waits for others to be answered is looked at again, in ms: as kafkajs has it. */
const LOOK_AGAIN_MS = 10;

/**
 * Looks after requests only while some wait. kafkajs sets the next look also where none does, at a time that is long past:
 * so each connection wakes its process up to a thousand times a second, for as long as it is there, and Node.js 24 warns of
 * a negative timeout.
 * Source: tulios/kafkajs issues 1704 and 1751, open.
 */
export function quietConnections(): void {
  if (typeof RequestQueue.prototype.scheduleCheckPendingRequests !== 'function') {
    throw new Error('kafkajs does not look after waiting requests as version 2.2.4 does.');
  }
  RequestQueue.prototype.scheduleCheckPendingRequests = lookWhileSomeWait;
}

function lookWhileSomeWait(this: PendingRequests): void {
  // What comes while none waits is sent at once, or waits and is looked after from then on.
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
  const throttledMs = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledMs > 0 ? throttledMs : LOOK_AGAIN_MS,
  );
}
