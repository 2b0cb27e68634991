import { DrizzleTransactions } from '@fieldguide/outbox/drizzle';
import { Injectable } from '@nestjs/common';
import { Database } from './database.js';

/** Where repositories get at the database: in a transaction where their caller is in one. */
@Injectable()
export class TransactionHost extends DrizzleTransactions {
  constructor(database: Database) {
    super(database.drizzle);
  }
}
