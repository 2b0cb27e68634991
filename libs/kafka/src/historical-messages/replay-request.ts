import { parseArgs } from 'node:util';
import { SettingsError } from '../errors.js';
import { timeOf, wholeOf } from './moment.js';

/** From where to where a replay reads. */
export type Moment = 'beginning' | 'now' | { readonly time: number };

/** What somebody wants to have handled once more. */
export interface ReplayRequest {
  readonly from: Moment;
  /** Exclusive. */
  readonly to: Moment;
  /** Only these; empty: all that the handlers hear. */
  readonly topics: readonly string[];
  /** `Class` or `Class.method`, only these; empty: all handlers of events. */
  readonly handlers: readonly string[];
  /** In place of `from` and `to`: of one partition of one topic. */
  readonly offsets?: { readonly partition: number; readonly from: bigint; readonly to?: bigint };
  readonly dryRun: boolean;
  /** A JSON document a line. */
  readonly json: boolean;
  readonly help: boolean;
}

export const REPLAY_USAGE = `Hands events of the past to a service's own handlers once more.

  --from <moment>         beginning, a time (2026-11-25T12:00:00Z), or an age (90s, 15m, 6h, 2d)
  --to <moment>           the same, or now (default): where the topics end when the replay begins
  --topic T --partition P --offset N [--to-offset M]
                          in place of --from and --to: one partition from an offset on, up to and without another
  --topic, --handler      only these, each may be given more than once; default: all handlers of events
  --dry-run               says what would be read and by whom, and handles nothing
  --json                  a JSON document a line

Nothing is committed, retried later, or given up: what fails is reported, and the replay goes on. A handler must be marked
replayable: true.`;

const OPTIONS = {
  replay: { type: 'boolean' },
  from: { type: 'string' },
  to: { type: 'string' },
  topic: { type: 'string', multiple: true },
  partition: { type: 'string' },
  offset: { type: 'string' },
  'to-offset': { type: 'string' },
  handler: { type: 'string', multiple: true },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * @param args what stands behind `main.js`, `--replay` among it
 * @param now for ages, in ms
 * @throws SettingsError: a sentence for who typed it
 */
export function replayRequest(args: readonly string[], now: number): ReplayRequest {
  const { from, to, topic: topics = [], partition, offset, handler: handlers = [], ...rest } = parse(args);
  const flags = { dryRun: rest['dry-run'] ?? false, json: rest.json ?? false, help: rest.help ?? false };
  const common = { topics, handlers, ...flags };
  if (offset === undefined && partition === undefined && rest['to-offset'] === undefined) {
    if (from === undefined && !flags.help) {
      throw new SettingsError(
        '--from is missing: beginning, a time such as 2026-11-25T12:00:00Z, or an age such as 2h.',
      );
    }
    const range = { from: momentOf(from ?? 'beginning', now), to: momentOf(to ?? 'now', now) };
    if (isAfter(range.from, range.to)) throw new SettingsError(`--from ${from} is not before --to ${to ?? 'now'}.`);
    return { ...range, ...common };
  }
  if (from !== undefined || to !== undefined) {
    throw new SettingsError('--from and --to are times, --offset and --to-offset are offsets: leave one pair out.');
  }
  if (partition === undefined || offset === undefined || topics.length !== 1) {
    throw new SettingsError(
      'An offset is one of a partition: --topic, --partition and --offset are needed, one of each.',
    );
  }
  const first = wholeOf('--offset', offset);
  const end = rest['to-offset'] === undefined ? undefined : wholeOf('--to-offset', rest['to-offset']);
  if (end !== undefined && end <= first) {
    throw new SettingsError(`--to-offset ${end} is not behind --offset ${first}: it is the first that is left out.`);
  }
  const offsets = {
    partition: Number(wholeOf('--partition', partition)),
    from: first,
    ...(end !== undefined && { to: end }),
  };
  return { from: 'beginning', to: 'now', offsets, ...common };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new SettingsError(`${(error as Error).message.split('. ')[0]}.\n\n${REPLAY_USAGE}`);
  }
}

const momentOf = (text: string, now: number): Moment =>
  text === 'beginning' || text === 'now' ? text : { time: timeOf(text, now) };

function isAfter(from: Moment, to: Moment): boolean {
  if (from === 'now' || to === 'beginning') return true;
  return typeof from === 'object' && typeof to === 'object' && from.time >= to.time;
}
