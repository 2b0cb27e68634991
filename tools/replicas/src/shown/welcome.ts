import type { RunningShop } from '../shop/shop.js';
import { bold } from './colours.js';
import { columns } from './columns.js';

/** Where everything is, and what to try. */
export function welcome({ system, choices }: RunningShop): string {
  const { orders = '', billing = '', analytics = '', paymentProvider = '', mail, kafka, replicas } = system;
  const provider = (part: string): string => choices.find((choice) => choice.part === part)?.provider ?? '';
  const names = (service: string): string =>
    replicas.flatMap((replica) => (replica.service === service ? [replica.replica] : [])).join(', ');
  const order = '{"customerEmail":"ada@example.com","card":"tok_visa","lines":[{"sku":"tea","quantity":2}]}';
  return [
    '',
    bold('The shop is open. Ctrl-C closes it.'),
    '',
    columns([
      ['Orders API', `${orders}/docs`, names('orders')],
      ['Price list', `${billing}/price-list`, names('billing')],
      ['Mails', mail || '(external SMTP server)', names('notifications')],
      ['Daily sales', `${analytics}/sales/daily`, names('analytics')],
      ['Payment provider', paymentProvider, 'its ledger at /charges, its faults at /faults'],
      ['Kafka', kafka, provider('kafka')],
    ]),
    '',
    bold('Try'),
    columns([
      ['npm run order -- --sku tea --quantity 2', 'places an order and shows each hop of it, up to the mail'],
      ['npm run order -- --sku tea --card tok_declined', 'the same with a card that is declined'],
      ['npm run replicas -- kill billing-1', 'the other replica of billing takes over its partitions'],
      ['npm run replicas -- start billing-3', 'a third one gets its share of them'],
      [`CONTROL=${paymentProvider}`, 'for the commands in docs/running.md that make the payment provider fail'],
    ]),
    `curl -s ${orders}/orders -H 'content-type: application/json' -d '${order}'`,
    '',
  ].join('\n');
}
