import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type ScratchDatabase, scratchDatabase } from '../testing/scratch-database.js';
import { runOutbox } from './commands.js';

let database: ScratchDatabase;
let client: pg.Client;
let lines: string[];

const type = (command: string, ...positions: string[]): Promise<number> =>
  runOutbox({
    command,
    positions,
    json: false,
    connect: () => Promise.resolve(client),
    out: (line) => void lines.push(...line.split('\n')),
  });

beforeEach(async () => {
  lines = [];
  database = await scratchDatabase();
  await database.query(await readFile('libs/outbox/sql/outbox.sql', 'utf8'));
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await database.query(
    `insert into outbox (id, topic, key, value, headers, set_aside_at, problem) values
       ('large', 'orders.order-placed.v1', 'a', '{"x":1}', '{}', '2026-01-02', 'A record of 9 bytes is too large'),
       ('behind', 'orders.order-placed.v1', 'a', '{}', '{}', null, null),
       ('other', 'orders.order-placed.v1', 'b', '{}', '{}', null, null)`,
  );
});
afterEach(async () => {
  await client.end();
  await database.drop();
});

const waiting = async (): Promise<string[]> =>
  (await database.query<{ id: string }>('select id from outbox where set_aside_at is null order by position')).map(
    ({ id }) => id,
  );

describe('an operator', () => {
  it('sees what is set aside, why, and what waits behind it', async () => {
    expect(await type('list')).toBe(0);

    expect(lines).toEqual([
      '1  2026-01-02T00:00:00.000Z  orders.order-placed.v1  key a  7 bytes  large',
      '    A record of 9 bytes is too large',
      '    1 of its key waits behind it',
    ]);
  });

  it('lets it be tried again, in its place', async () => {
    expect(await type('retry', '1')).toBe(0);

    expect(await waiting()).toEqual(['large', 'behind', 'other']);
    expect(lines).toEqual(['1: published next']);
  });

  it('discards it, and nothing that is not set aside', async () => {
    expect(await type('discard', '1', '2')).toBe(1);

    expect(await database.query('select id from outbox order by position')).toEqual([
      { id: 'behind' },
      { id: 'other' },
    ]);
    expect(lines).toEqual(['1: discarded', '2: not set aside: nothing was done']);
  });

  it.each([
    ['lst', [], /"lst" is none of list, retry, discard/],
    ['retry', [], /retry needs a position/],
    ['discard', ['1; drop table'], /1; drop table: a position is a number/],
  ])('who types %s %j is told what is wrong', async (command, positions, sentence) => {
    await expect(type(command, ...positions)).rejects.toThrow(sentence);
  });
});
