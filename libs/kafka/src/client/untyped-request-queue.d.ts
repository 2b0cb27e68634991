declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** kafkajs knows more than its types say. */
  export interface PendingRequests {
    readonly pending: readonly unknown[];
    /** Milliseconds since 1970; -1: no broker has asked for it. */
    readonly throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
  }

  const RequestQueue: {
    readonly prototype: { scheduleCheckPendingRequests: (this: PendingRequests) => void };
  };
  export default RequestQueue;
}
