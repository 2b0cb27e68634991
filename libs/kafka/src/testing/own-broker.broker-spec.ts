import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BrokerUnderTest } from './broker-under-test.js';
import { type OwnBroker, startOwnBroker } from './own-broker.js';

describe('a broker of a spec’s own', () => {
  let own: OwnBroker;
  beforeAll(async () => {
    own = await startOwnBroker({ 'message.max.bytes': '2000000' });
  });
  afterAll(async () => own?.remove());

  it('has the properties it was given, and keeps its records over a kill', async () => {
    const broker = await new BrokerUnderTest([own.kafka]).connect();
    await broker.createTopic('kept', 1);
    await broker.send('kept', { value: 'before' });

    await own.kill();
    await own.start();

    expect((await broker.read('kept')).map(({ value }) => value?.toString())).toEqual(['before']);
    await broker.close();
  });
});
