import { NotPublishedError } from '../errors.js';

/** Records of which each is sent only as long as none before it has failed. */
export class Chain {
  #broken = false;

  get broken(): boolean {
    return this.#broken;
  }

  break(): void {
    this.#broken = true;
  }
}

export const heldBack = (topic: string): NotPublishedError =>
  new NotPublishedError('HELD_BACK', `A record for ${topic} is held back: one before it could not be sent.`);
