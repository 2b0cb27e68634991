import { SettingsError } from '@fieldguide/kafka';

/** How a service's outbox is relayed. */
export interface OutboxSettings {
  /**
   * `postgres://user:password@host:port/database`, the one that the service writes to. The relay has a connection of its own,
   * which holds a session's lock: not through a pooler that shares sessions among clients.
   */
  readonly databaseUrl: string;
  /** Who connects, as PostgreSQL shows it. Default: `outbox`. */
  readonly applicationName?: string;
  /** How long a published event is kept, in ms. Default: a day. */
  readonly keepSentMs?: number;
  /** How often the relay looks though nobody has woken it, in ms. Default: 1 000. */
  readonly pollMs?: number;
  /** Events in one batch. Default: 1 000. */
  readonly batchEvents?: number;
  /** Bytes of values in one batch; one event is always taken. Default: 8 MB. */
  readonly batchBytes?: number;
  /** Age of the oldest waiting event beyond which health is degraded, in ms. Default: 30 000. */
  readonly lateAfterMs?: number;
  /**
   * How long a relay that says nothing keeps its place, in ms: one that is frozen, or cut off. PostgreSQL ends its session
   * then, and another replica takes over. Default: 15 000.
   */
  readonly silentMs?: number;
}

export type RelaySettings = Required<OutboxSettings>;

/** @throws SettingsError naming every setting that can't work */
export function withDefaults(given: OutboxSettings): RelaySettings {
  const settings = { ...DEFAULTS, ...given };
  const wrong = Object.keys(DEFAULTS).filter((name) => {
    const value = settings[name as keyof RelaySettings];
    return typeof value === 'number' && !(value > 0);
  });
  if (wrong.length > 0) throw new SettingsError(`The outbox needs numbers above 0 for ${wrong.join(', ')}.`);
  if (!/^postgres(ql)?:\/\//.test(settings.databaseUrl)) {
    throw new SettingsError('The outbox needs databaseUrl, as in postgres://user:password@host:port/database.');
  }
  return settings;
}

const DAY_MS = 86_400_000;

const DEFAULTS = {
  applicationName: 'outbox',
  keepSentMs: DAY_MS,
  pollMs: 1_000,
  batchEvents: 1_000,
  batchBytes: 8_000_000,
  lateAfterMs: 30_000,
  silentMs: 15_000,
} as const satisfies Omit<RelaySettings, 'databaseUrl'>;
