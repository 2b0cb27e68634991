import { create } from '@fieldguide/kafka';
import { Outbox, PgTransactions, RELAY_LOCK } from '@fieldguide/outbox';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { publishByCallers } from '../callers.js';
import type { SaleFields } from '../payload.js';
import { headersOf } from '../stored.js';
import type { Outcome, Task } from '../task.js';
import { Sale } from './contracts.js';
import { databaseModule, outboxModule } from './database.js';
import { createService, listen } from './service.js';

const ORDER = 'insert into orders (id, account, sequence) values ($1, $2, $3)';
const NEWS = 'insert into news (id, topic, key, value, headers) values ($1, $2, $3, $4, $5)';

/** One transaction with two inserts: the order, and the news of it. */
export async function measure(task: Task): Promise<Outcome> {
  const { service, topic, options } = task;
  if (options['relay'] === 'later') await takePlace(task);
  const withOutbox = options['outbox'] === true;
  const imports = [databaseModule(task), ...(withOutbox ? [outboxModule(task)] : [])];
  const app = await createService(task, { contracts: [Sale], imports });
  await listen(app);
  const transactions = app.get(PgTransactions);
  const outbox = withOutbox ? app.get(Outbox) : undefined;
  const addNews = async (sale: SaleFields): Promise<void> => {
    const id = randomUUID();
    const headers = JSON.stringify(headersOf(id, topic, service));
    await transactions.db.query(NEWS, [id, topic, sale.account, JSON.stringify(sale), headers]);
  };
  return publishByCallers(task, (sale) =>
    transactions.withTransaction(async () => {
      const { account, sequence } = sale;
      await transactions.db.query(ORDER, [`${account}-${sequence}`, account, sequence]);
      if (outbox) await outbox.add(create(Sale, sale));
      else await addNews(sale);
    }),
  );
}

/** The writing alone: nobody relays meanwhile. */
async function takePlace({ databaseUrl }: Task): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`select pg_advisory_lock(${RELAY_LOCK})`);
}
