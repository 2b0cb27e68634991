/** Runs what it is given one after the other, in the order of the calls: pg 9 takes no query beside another. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  run<R>(work: () => Promise<R>): Promise<R> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}
