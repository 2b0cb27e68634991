import { EventPublisher, NotPublishedError, type PreparedEvent, type PublishOptions } from '@fieldguide/kafka';
import { Injectable } from '@nestjs/common';
import { NoTransactionError } from '../errors.js';
import { Wake } from '../relay/wake.js';
import { Transactions } from '../transactions/transactions.js';

/** Says events exactly when what they tell of is stored. */
@Injectable()
export class Outbox {
  constructor(
    private readonly transactions: Transactions,
    private readonly events: EventPublisher,
    private readonly wake: Wake,
  ) {}

  /**
   * Stores an event in the running transaction: it is published once that is committed, and never where it is rolled back.
   * Events of one key are published in the order in which their transactions were committed, as long as each of them has
   * locked what the key stands for before it added its event.
   * @param event an instance of a contract of this service, made by `create(Contract, fields)`
   * @returns its `ce_id`
   * @throws NoTransactionError; ContractViolationError; NotPublishedError where the broker would never take it
   */
  async add(event: object, options: PublishOptions = {}): Promise<string> {
    const { running } = this.transactions;
    if (!running) throw new NoTransactionError(noTransaction(event));
    const prepared = this.events.prepare(event, options);
    assertStorable(prepared);
    const { id, topic, key, value, headers } = prepared;
    await running.query(INSERT, [id, topic, key, value, JSON.stringify(headers)]);
    this.transactions.afterCommit(() => this.wake.relay());
    return id;
  }
}

const INSERT = 'insert into outbox (id, topic, key, value, headers) values ($1, $2, $3, $4, $5)';

const noTransaction = (event: object): string =>
  `${event.constructor.name} was given to the outbox, and no transaction runs: it could be said of what is not stored. ` +
  'Add it below a @Transactional() method, or in transactions.withTransaction().';

/** PostgreSQL's texts can't hold it; in the value it is escaped. */
function assertStorable({ id, topic, key }: PreparedEvent): void {
  const found = Object.entries({ id, key }).find(([, text]) => text.includes('\0'));
  if (!found) return;
  const reason = found[0] === 'key' ? 'INVALID_KEY' : 'INVALID_HEADER';
  throw new NotPublishedError(reason, `The ${found[0]} of an event for ${topic} has a NUL character in it.`);
}
