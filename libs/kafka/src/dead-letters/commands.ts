import { describeFailure, isPassing, type KafkaConnection } from '../client/index.js';
import { NotReadyError, SettingsError } from '../errors.js';
import type { Letter } from './letter.js';
import { LetterBox } from './letter-box.js';
import { selectionOf } from './selection.js';

/** What somebody typed, and where the answer goes. */
export interface Call {
  readonly command: string;
  readonly rest: readonly string[];
  readonly service: string | undefined;
  /** `field=value` each. */
  readonly where: readonly string[];
  /** One JSON document a line, for scripts; default is a table for people. */
  readonly json: boolean;
  connect(service: string): KafkaConnection;
  out(line: string): void;
  progress(line: string): void;
}

const USAGE = `What a service gave up on.

  list     those that nothing was decided on yet, oldest first
  show     one of them, whole: show 3/17
  redrive  sends them back to the service that failed, to be handled again
  discard  notes that nothing is to be done about them

  --service billing         whose
  --where field=value       topic, key, code, error, handler, id; since and until: a time, or an age as 15m, 6h, 2d;
                            given more than once, all must hold; redrive and discard need one, --where since=9999d means all
  --brokers host:port       default: KAFKA_BROKERS; KAFKA_SSL=true; a login: KAFKA_SASL_MECHANISM, _USERNAME, _PASSWORD
  --json                    a JSON document a line`;

/**
 * @returns the exit code: 0, or 1 where something could not be done
 * @throws SettingsError, NotReadyError: a sentence for who typed it
 */
export async function runDeadLetters(call: Call): Promise<number> {
  const { command, service, where } = call;
  if (command === 'help') {
    call.out(USAGE);
    return 0;
  }
  const act = ACTIONS[command];
  if (!act) throw new SettingsError(`"${command}" is none of ${Object.keys(ACTIONS).join(', ')}.\n\n${USAGE}`);
  if (!service) throw new SettingsError('--service is missing: whose dead letters?');
  if ((command === 'redrive' || command === 'discard') && where.length === 0) {
    throw new SettingsError(`${command} needs a --where: which of them? --where since=9999d means all.`);
  }
  const isMeant = selectionOf(where, Date.now());
  const connection = call.connect(service);
  const box = new LetterBox(connection, service);
  try {
    let open = 0;
    // Of thousands those that nobody asked for are not kept.
    const meant = await box.open((letter) => {
      open++;
      return isMeant(letter) && (command !== 'show' || letter.id === call.rest[0]);
    });
    return await act({ call, box, open, meant });
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new NotReadyError(`Kafka does not answer at ${connection.address}: ${describeFailure(error)}`, {
      cause: error,
    });
  } finally {
    await box.close();
  }
}

interface Task {
  readonly call: Call;
  readonly box: LetterBox;
  /** How many there are that nothing was decided on. */
  readonly open: number;
  /** Those of them that are meant. */
  readonly meant: readonly Letter[];
}

const ACTIONS: Readonly<Record<string, (task: Task) => Promise<number>>> = {
  list: ({ call, meant, open }) => {
    if (call.json) for (const letter of meant) call.out(JSON.stringify(factsOf(letter)));
    else for (const line of table(meant)) call.out(line);
    if (!call.json) call.out(`${meant.length} of ${open} open dead letters of ${call.service}.`);
    return Promise.resolve(0);
  },
  show: ({ call, meant: [letter] }) => {
    const [id] = call.rest;
    if (!letter)
      throw new SettingsError(`No open dead letter of ${call.service} has the id "${id ?? ''}": list tells them.`);
    if (call.json) call.out(JSON.stringify(whole(letter)));
    else for (const [name, value] of Object.entries(whole(letter))) call.out(`${name.padEnd(12)}${told(value)}`);
    return Promise.resolve(0);
  },
  redrive: (task) =>
    each(task, 'redriven', async (letter) => {
      const reason = task.box.whyNotRedriven(letter);
      if (reason === undefined) await task.box.redrive(letter);
      return reason;
    }),
  discard: (task) =>
    each(task, 'discarded', async (letter) => {
      await task.box.discard(letter);
      return undefined;
    }),
};

const PROGRESS = 500;

/** One after the other: whenever it is ended, at most one was done and not noted. */
async function each(
  { call, open, meant }: Task,
  what: string,
  act: (letter: Letter) => Promise<string | undefined>,
): Promise<number> {
  let [done, seen] = [0, 0];
  const refused = new Map<string, string[]>();
  for (const letter of meant) {
    const reason = await act(letter);
    if (reason === undefined) done++;
    else note(refused, reason, letter.id);
    if (++seen % PROGRESS === 0) call.progress(`${seen} of ${meant.length}, ${done} ${what} …`);
  }
  const left = open - done;
  if (call.json) {
    call.out(JSON.stringify({ [what]: done, refused: Object.fromEntries(refused), left }));
  } else {
    for (const [reason, ids] of refused) call.out(`${ids.length} not ${what}: ${reason} (${some(ids)}).`);
    call.out(`${done} ${what}; ${left} are left.`);
  }
  return refused.size === 0 ? 0 : 1;
}

function note(refused: Map<string, string[]>, reason: string, id: string): void {
  const ids = refused.get(reason);
  if (ids) ids.push(id);
  else refused.set(reason, [id]);
}

const some = (ids: readonly string[]): string => (ids.length > 5 ? `${ids.slice(0, 5).join(', ')}, …` : ids.join(', '));

function factsOf({ record: _, at, ...facts }: Letter) {
  return { ...facts, at: new Date(at).toISOString() };
}

function whole(letter: Letter) {
  const { headers, value } = letter.record;
  return {
    ...factsOf(letter),
    value: value === null ? null : value.toString('utf8'),
    headers: Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => !name.startsWith('kafka_dlt-original-'))
        .map(([name, bytes]) => [
          name,
          [bytes]
            .flat()
            .map((each) => (each as Buffer).toString('utf8'))
            .join(', '),
        ]),
    ),
  };
}

const told = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, text]) => `\n  ${name}: ${shown(String(text)).replaceAll('\n', '\n    ')}`)
        .join('')
    : shown(String(value));

/** What came with messages is foreign, and no terminal obeys it. */

const shown = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]+/g, ' ');

const COLUMNS = ['id', 'at', 'topic', 'key', 'handler', 'code', 'message'] as const;
const WIDEST = 60;

const plain = (text: string): string => shown(text).replace(/\s+/g, ' ');

function table(letters: readonly Letter[]): string[] {
  if (letters.length === 0) return [];
  const rows = letters.map((letter) => {
    const facts = factsOf(letter);
    return COLUMNS.map((name) => cut(plain(facts[name])));
  });
  const lines = [[...COLUMNS] as string[], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => (line[column] as string).length)));
  return lines.map((line) =>
    line
      .map((text, column) => text.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}

const cut = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text);
