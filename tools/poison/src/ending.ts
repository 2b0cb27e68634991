/** What becomes of a record on our services, by what kind of topic it stands on. */
export interface Ending {
  /**
   * On the topic of an event, and on a retry topic. `dead-letter`: one of each service that reads the topic, or of each
   * replica where every replica does.
   */
  readonly event: 'handled' | 'dead-letter' | 'nothing';
  /** On the topic of a request that says where its reply goes. */
  readonly request: 'answered' | 'error-reply' | 'nothing';
  /** On the topic of a request that does not. */
  readonly unanswerable: 'handled' | 'dead-letter' | 'nothing';
  /** On a reply topic, where nobody waits for it. */
  readonly reply: 'dropped' | 'nothing';
}

/** Odd, and still what its contract says. */
export const HANDLED: Ending = { event: 'handled', request: 'answered', unanswerable: 'handled', reply: 'dropped' };

/** No attempt can help. */
export const REFUSED: Ending = {
  event: 'dead-letter',
  request: 'error-reply',
  unanswerable: 'dead-letter',
  reply: 'dropped',
};

/** The broker gives it to nobody. */
export const UNSEEN: Ending = { event: 'nothing', request: 'nothing', unanswerable: 'nothing', reply: 'nothing' };
