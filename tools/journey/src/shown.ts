import type { Sight } from './journey.js';

/** One line for each thing that is seen of an order, with the time since it was sent. */
export function line(sight: Sight, sentAt: number, now = Date.now()): string {
  switch (sight.kind) {
    case 'placed': {
      const { orderId, status, total } = sight.order;
      return `${since(sentAt, now)}  order ${orderId}: ${status}, ${money(total)}`;
    }
    case 'hop': {
      const { time, topic, partition, offset, group, replica, handler, attempt, outcome } = sight.hop;
      const where = `${topic.padEnd(28)} partition ${partition}  offset ${offset.padEnd(4)}`;
      const what = `${handler}: ${outcome}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
      return `${since(sentAt, Date.parse(time))}  ${where} → ${replica.padEnd(15)}  group ${group}  ${what}`;
    }
    case 'mail':
      return `${since(sentAt, now)}  mail: ${sight.mail.subject}`;
    case 'status':
      return `${since(sentAt, now)}  order: ${sight.status}`;
  }
}

/** `12.50 EUR` */
const money = ({ cents, currency }: { cents: number; currency: string }): string =>
  `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')} ${currency}`;

const since = (start: number, time: number): string => `+${Math.max(0, time - start)} ms`.padStart(9);
