import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from './driver/eventually.js';
import { type Mail, Shop } from './driver/shop.js';

const OPERATOR = 'operator@fieldguide.example';
const INTERVAL_MS = Number(process.env['OPERATOR_MAIL_INTERVAL_MS']);

/** A topic that no other spec has: what is given up there is a cause of its own. */
const anyTopic = (): string => `e2e-${randomUUID()}.gone.v1`;

describe('the operator of the shop', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterAll(() => shop.close());

  /** Has a service give up on messages: those that wait to be tried again by a handler that a deploy took away. */
  const giveUp = (service: string, topic: string, count: number): Promise<void> => {
    const headers = {
      'kafka_dlt-original-topic': topic,
      'kafka_dlt-original-partition': Buffer.alloc(4),
      'kafka_dlt-original-offset': Buffer.alloc(8),
      'retry-due': String(Date.now()),
    };
    const message = () => ({ key: randomUUID(), value: '{"card":"tok_secret"}', headers });
    return shop.broker.send(`${service}.retry.1s`, ...Array.from({ length: count }, message));
  };

  const mailsAbout = async (topic: string): Promise<Mail[]> =>
    (await shop.mailsTo(OPERATOR)).filter(({ text }) => text.includes(topic));

  /** Waits until mails about a topic have told of so many dead letters, and returns them in their order. */
  const told = (topic: string, count: number): Promise<Mail[]> =>
    eventually(`${count} dead letters are told`, async () => {
      const mails = await mailsAbout(topic);
      return mails.reduce((sum, mail) => sum + countIn(mail), 0) >= count && mails.sort(byDate);
    });

  it('is mailed about dead letters of a cause once an interval, until each of them is told', async () => {
    const topic = anyTopic();

    await giveUp('billing', topic, 5);
    await told(topic, 1);
    await giveUp('billing', topic, 3);
    const mails = await told(topic, 8);

    expect(mails.reduce((sum, mail) => sum + countIn(mail), 0)).toBe(8);
    expect(mails.map(({ subject }) => subject.replace(/\d+ dead letters?/, 'n'))).toEqual(
      mails.map(() => 'billing: n, NO_HANDLER'),
    );
    for (const [index, mail] of mails.slice(1).entries()) {
      expect(dateOf(mail) - dateOf(mails[index] as Mail)).toBeGreaterThanOrEqual(INTERVAL_MS);
    }
    expect(mails[0]?.text).toContain(`No handler takes ${topic} any more.`);
    expect(mails[0]?.text).toContain(`npm run -s dead-letters -- list --service billing --where code=NO_HANDLER`);
    expect(mails.map(({ text }) => text).join()).not.toContain('tok_');
  });

  it('is mailed about another code and another service at once', async () => {
    const topic = anyTopic();
    await giveUp('billing', topic, 1);
    await told(topic, 1);

    await giveUp('orders', topic, 1);
    const other = { 'dead-letter-code': 'OTHER', 'kafka_dlt-original-topic': topic };
    await shop.broker.send('billing.dead-letters', { key: null, value: null, headers: other });

    expect((await told(topic, 3)).map(({ subject }) => subject).sort()).toEqual([
      'billing: 1 dead letter, NO_HANDLER',
      'billing: 1 dead letter, OTHER',
      'orders: 1 dead letter, NO_HANDLER',
    ]);
  });

  it('is not mailed about dead letters of who mails', async () => {
    const own = anyTopic();
    await giveUp('notifications', own, 1);
    await eventually('it is a dead letter', async () =>
      (await shop.deadLetters('notifications')).some(({ origin }) => origin === own),
    );

    // What is due at the same time goes out in any order: of the second one all that was due with the first is out.
    for (const after of [anyTopic(), anyTopic()]) {
      await giveUp('billing', after, 1);
      await told(after, 1);
    }

    expect(await mailsAbout(own)).toEqual([]);
  });
});

const countIn = ({ subject }: Mail): number => Number(/: (\d+) dead letters?,/.exec(subject)?.[1]);

/** When the mail was made, in ms of whole seconds. */
const dateOf = ({ headers }: Mail): number => Date.parse(headers.date);

const byDate = (one: Mail, other: Mail): number => dateOf(one) - dateOf(other);
