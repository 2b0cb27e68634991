import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { SideConnection } from './side-connection.js';

/** Between the replicas of a service. */
export const CHANNEL = 'fieldguide_outbox';

/** Where several write at once: between two times that the relay is told. */
const GATHER_MS = 5;

/**
 * Tells the relay that there is something to publish: directly where it is in this process, else through PostgreSQL. Outside
 * of the writer's transaction: a NOTIFY in it would let all of them commit one after the other.
 */
@Injectable()
export class Wake {
  /** Set while the relay is in this process. */
  here: (() => void) | undefined;
  #telling = false;
  #again = false;

  constructor(private readonly side: Pick<SideConnection, 'query'>) {}

  relay(): void {
    if (this.here) this.here();
    else if (this.#telling) this.#again = true;
    else void this.#tell();
  }

  /** One at a time: who comes meanwhile shares the next one. */
  async #tell(): Promise<void> {
    this.#telling = true;
    do {
      this.#again = false;
      // The relay looks by itself, a little later.
      await this.side.query(`notify ${CHANNEL}`).catch(() => undefined);
      if (this.#again) await sleep(GATHER_MS);
    } while (this.#again);
    this.#telling = false;
  }
}
