#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { home } from '@fieldguide/infra';
import { connectShop, explain, ShopError } from '@fieldguide/replicas';
import { Journals } from './journals.js';
import { Journey } from './journey.js';
import { Mailbox } from './mailbox.js';
import { placeOrder } from './place-order.js';
import { line } from './shown.js';
import { readWish } from './wish.js';

try {
  process.exitCode = await order(process.argv.slice(2));
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

async function order(args: string[]): Promise<number> {
  const { wish, json, waitMs } = readWish(args);
  const { orders = '', billing = '', mail } = connectShop().system;
  if (!orders) throw new ShopError('No replica of orders was started yet: npm run replicas -- start orders-1.');
  const correlationId = randomUUID();
  const say = (text: string): void => (json ? undefined : console.log(text));
  const log = path.join(home(), 'log');
  const mailbox = mail ? await Mailbox.open(mail, wish.email) : undefined;
  const sentAt = Date.now();
  const see = (sight: Parameters<typeof line>[0]): void => say(line(sight, sentAt));
  const journals = new Journals(log);
  const journey = new Journey({ orders, correlationId, journals, mailbox, deadlineMs: waitMs, see });

  const lines = wish.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
  say(`POST ${orders}/orders: ${lines}, ${wish.card}, ${wish.email} (correlation id ${correlationId})`);
  const missing = await journey.follow(
    placeOrder({ orders, billing }, wish, correlationId, {
      withinMs: waitMs,
      again: (why) => say(`${' '.repeat(9)}  ${why}`),
    }),
  );

  const tookMs = Date.now() - sentAt;
  const { hops, mails } = journey;
  if (json)
    console.log(JSON.stringify({ ...journey.order, correlationId, hops, mails, missing, tookMs }, undefined, 2));
  if (missing.length > 0)
    throw new ShopError(
      `After ${waitMs / 1000} s there is missing: ${missing.join('; ')}. Look at "npm run replicas -- list", and at the logs in ${log}.`,
    );
  say(
    `The order is ${journey.order?.status} after ${tookMs} ms. ${mail ? `Its mails: ${mail}` : 'Its mails went out by the external SMTP server.'}`,
  );
  return 0;
}
