import { expect, it } from '@jest/globals';
import { firstValueFrom, timeout, TimeoutError } from 'rxjs';
import { answering } from '../article/answering.js';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { unique } from '../stock-broker.js';

claim(
  {
    says: '`client.send()` ends with an error when nobody answers.',
    verdict: 'wrong',
    happens: 'It ends never, as long as the client is open; each such request stays in its memory.',
    why: 'A request is a message: to the broker all is well when it stands in its topic. NestJS sets no time limit.',
    right: '`await firstValueFrom(client.send(topic, data).pipe(timeout(5_000)))`.',
  },
  () => {
    const stage = new Stage();

    /** Two topics of requests: one that is answered, and one whose service is down. */
    const serve = async () => {
      const [served, silent] = [await stage.topic('served'), await stage.topic('silent')];
      for (const topic of [served, silent]) await stage.broker.createTopic(`${topic}.reply`);
      await stage.start(served, [answering(served)]);
      const client = await stage.client(unique('asking'), served, silent);
      return { served, silent, client };
    };

    it('neither ends nor fails where nobody answers: only the end of the client ends it', async () => {
      const { served, silent, client } = await serve();
      let outcome = 'none';
      const asked = firstValueFrom(client.send(silent, {})).then(
        () => (outcome = 'answered'),
        (error: unknown) => (outcome = String((error as Error).message)),
      );

      for (let time = 0; time < 3; time++) await firstValueFrom(client.send(served, {}));
      expect(await stage.broker.values(silent)).toEqual(['{}']);
      expect(outcome).toBe('none');

      await client.close();
      expect(await asked).toBe('Connection closed');
    });

    it('fails with a limit of its own', async () => {
      const { silent, client } = await serve();

      const asked = firstValueFrom(client.send(silent, {}).pipe(timeout(500)));

      await expect(asked).rejects.toBeInstanceOf(TimeoutError);
    });
  },
);
