import { SettingsError } from '@fieldguide/kafka';
import type pg from 'pg';
import { CHANNEL } from '../relay/wake.js';

/** What somebody typed, and where the answer goes. */
export interface Call {
  readonly command: string;
  /** Positions in the outbox. */
  readonly positions: readonly string[];
  /** One JSON document a line, for scripts; default is a table for people. */
  readonly json: boolean;
  /** Connects; the caller ends it. */
  connect(): Promise<Pick<pg.Client, 'query'>>;
  out(this: void, line: string): void;
}

export const USAGE = `Events of a service that its broker will never take as they are. They wait in its outbox, and all of their key behind them.

  list                what is set aside, why, and how many wait behind it
  retry <position…>   once the topic takes them: they are published next
  discard <position…> removes them: nobody will ever hear of them, and those behind them go out

  --database URL      the service's own; default: DATABASE_URL
  --json              a JSON document a line`;

interface SetAside {
  readonly position: string;
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly bytes: number;
  readonly setAsideAt: Date;
  readonly problem: string;
  readonly behind: number;
}

/**
 * @returns the exit code: 0, or 1 where something could not be done
 * @throws SettingsError: a sentence for who typed it
 */
export async function runOutbox(call: Call): Promise<number> {
  if (call.command === 'help') {
    call.out(USAGE);
    return 0;
  }
  const act = ACTIONS[call.command];
  if (!act) throw new SettingsError(`"${call.command}" is none of ${Object.keys(ACTIONS).join(', ')}.\n\n${USAGE}`);
  const wrong = call.positions.filter((position) => !/^\d{1,18}$/.test(position));
  if (wrong.length > 0) throw new SettingsError(`${wrong.join(', ')}: a position is a number, as list shows it.`);
  return act(call, await call.connect());
}

const ACTIONS: Readonly<Record<string, (call: Call, client: Pick<pg.Client, 'query'>) => Promise<number>>> = {
  list: async ({ json, out }, client) => {
    const { rows } = await client.query<SetAside>(LIST);
    if (json) rows.forEach((row) => out(JSON.stringify(row)));
    else if (rows.length === 0) out('Nothing is set aside.');
    else for (const row of rows) out(inWords(row));
    return 0;
  },
  retry: (call, client) => change(call, client, RETRY, 'published next'),
  discard: (call, client) => change(call, client, DISCARD, 'discarded'),
};

async function change(call: Call, client: Pick<pg.Client, 'query'>, sql: string, done: string): Promise<number> {
  const { command, positions, json, out } = call;
  if (positions.length === 0) throw new SettingsError(`${command} needs a position, as list shows it.`);
  const { rows } = await client.query<{ position: string }>(sql, [positions]);
  await client.query(`notify ${CHANNEL}`);
  const changed = new Set(rows.map(({ position }) => position));
  for (const position of positions) {
    const result = changed.has(position) ? done : 'not set aside: nothing was done';
    out(json ? JSON.stringify({ position, [command]: changed.has(position) }) : `${position}: ${result}`);
  }
  return changed.size === positions.length ? 0 : 1;
}

const inWords = ({ position, id, topic, key, bytes, setAsideAt, problem, behind }: SetAside): string =>
  `${position}  ${setAsideAt.toISOString()}  ${topic}  key ${key}  ${bytes} bytes  ${id}\n` +
  `    ${problem}\n    ${behind} of its key ${behind === 1 ? 'waits' : 'wait'} behind it`;

const LIST = `
  select position, id, topic, key, octet_length(value) as bytes, set_aside_at as "setAsideAt", problem, (
    select count(*)::int from outbox as behind
    where behind.sent_at is null and behind.set_aside_at is null
      and behind.topic = aside.topic and behind.key = aside.key and behind.position > aside.position
  ) as behind
  from outbox as aside where sent_at is null and set_aside_at is not null order by position`;

const RETRY = `
  update outbox set set_aside_at = null, problem = null
  where position = any ($1::bigint[]) and sent_at is null and set_aside_at is not null returning position`;

const DISCARD = `
  delete from outbox
  where position = any ($1::bigint[]) and sent_at is null and set_aside_at is not null returning position`;
