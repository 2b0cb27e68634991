import { isCluster, isSecured } from './home.js';
import { InfraError } from './infra-error.js';
import { type Environment, environment } from './workspace.js';

export interface KafkaSettings {
  readonly brokers: string[];
  readonly ssl: boolean;
  readonly sasl?: { mechanism: SaslMechanism; username: string; password: string };
}
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];
// The same rules as in libs/service-kit/src/config/service-config.ts: what is right here is right for the services.
const BROKER =
  /^(?:[^:/\s]+|\[[0-9a-fA-F:]+\]):(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;
const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** What the environment asks for. */
export interface Settings {
  readonly kafka?: KafkaSettings;
  readonly postgres?: { url: string };
  readonly mail?: { smtpUrl: string; pageUrl: string };
  readonly force?: 'docker' | 'local';
  /** The broker that is started asks who one is, and what one may do. */
  readonly secured?: true;
  /** How many brokers are started; absent: one. */
  readonly nodes?: 3;
}

/** The variables that choose and describe the infrastructure. */
export const VARIABLES = [
  'KAFKA_BROKERS',
  'KAFKA_SSL',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'DATABASE_URL',
  'SMTP_URL',
  'MAIL_URL',
  'INFRA',
  'KAFKA_SECURED',
  'KAFKA_NODES',
] as const;

/** Throws one InfraError that names every wrong variable. Values are not shown: some are secret. */
export function readSettings(env: Environment = environment()): Settings {
  const wrong: string[] = [];
  const settings: Settings = {
    ...optional('kafka', kafka(env, wrong)),
    ...optional('postgres', postgres(env, wrong)),
    ...optional('mail', mail(env, wrong)),
    ...optional('force', force(env, wrong)),
    ...optional('secured', secured(env, wrong)),
    ...optional('nodes', nodes(env, wrong)),
  };
  if (wrong.length > 0) throw new InfraError(`Wrong settings: ${wrong.join('; ')}.`);
  return settings;
}

const optional = <Name extends keyof Settings>(name: Name, value: Settings[Name]): Pick<Settings, Name> | object =>
  value === undefined ? {} : { [name]: value };

function kafka(env: Environment, wrong: string[]): KafkaSettings | undefined {
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',').flatMap((broker) => broker.trim() || []);
  const saslNames = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'];
  const sasl = saslNames.map((name) => env[name] ?? '');
  const ssl = env['KAFKA_SSL'] ?? '';
  if (brokers.length === 0) return undefined;
  if (!brokers.every((broker) => BROKER.test(broker)))
    wrong.push('KAFKA_BROKERS must be host:port, several of them split by commas');
  if (!['', 'true', 'false'].includes(ssl)) wrong.push('KAFKA_SSL must be true or false');
  if (sasl.some(Boolean))
    for (const [index, name] of saslNames.entries())
      if (!sasl[index]) wrong.push(`${name} is missing, the other KAFKA_SASL_ variables need it`);
  const mechanism = SASL_MECHANISMS.find((known) => known === sasl[0]);
  if (sasl[0] && !mechanism) wrong.push(`KAFKA_SASL_MECHANISM must be one of ${SASL_MECHANISMS.join(', ')}`);
  return {
    brokers,
    ssl: ssl === 'true',
    ...(mechanism ? { sasl: { mechanism, username: sasl[1] ?? '', password: sasl[2] ?? '' } } : {}),
  };
}

function postgres(env: Environment, wrong: string[]): Settings['postgres'] {
  const url = env['DATABASE_URL'];
  if (!url) return undefined;
  if (!isUrl(url, ['postgres:', 'postgresql:']))
    wrong.push('DATABASE_URL must be a URL such as postgresql://user:password@host:5432/postgres');
  return { url };
}

function mail(env: Environment, wrong: string[]): Settings['mail'] {
  const smtpUrl = env['SMTP_URL'];
  const pageUrl = env['MAIL_URL'] ?? '';
  if (!smtpUrl) return undefined;
  if (!isUrl(smtpUrl, ['smtp:', 'smtps:'])) wrong.push('SMTP_URL must be a URL such as smtp://host:1025');
  if (pageUrl && !isUrl(pageUrl, ['http:', 'https:'])) wrong.push('MAIL_URL must be a URL such as http://host:1080');
  return { smtpUrl, pageUrl };
}

function force(env: Environment, wrong: string[]): Settings['force'] {
  const infra = env['INFRA'];
  if (infra === 'docker' || infra === 'local') return infra;
  if (infra) wrong.push('INFRA must be docker or local');
  return undefined;
}

function secured(env: Environment, wrong: string[]): Settings['secured'] {
  const value = env['KAFKA_SECURED'] || '0';
  if (!['0', '1', 'true', 'false'].includes(value)) wrong.push('KAFKA_SECURED must be 1 or 0');
  if (!isSecured(value)) return undefined;
  if (env['KAFKA_BROKERS'])
    wrong.push(
      'KAFKA_SECURED secures a broker that is started here, and KAFKA_BROKERS names another: unset one of them ' +
        '(for a secured broker of your own, KAFKA_SASL_ variables beside KAFKA_BROKERS are enough)',
    );
  return true;
}

function nodes(env: Environment, wrong: string[]): Settings['nodes'] {
  const value = env['KAFKA_NODES'] || '1';
  if (!['1', '3'].includes(value)) wrong.push('KAFKA_NODES must be 1 or 3');
  if (!isCluster(value)) return undefined;
  if (env['KAFKA_BROKERS'])
    wrong.push(
      'KAFKA_NODES=3 starts three brokers here, and KAFKA_BROKERS names others: unset one of them ' +
        '(of a cluster of your own, KAFKA_BROKERS names every broker)',
    );
  if (isSecured(env['KAFKA_SECURED']))
    wrong.push('KAFKA_NODES=3 starts open brokers only, and KAFKA_SECURED asks for a secured one: unset one of them');
  if (env['INFRA'] === 'docker')
    wrong.push('KAFKA_NODES=3 runs its brokers without Docker, and INFRA asks for Docker: unset one of them');
  return 3;
}

function isUrl(text: string, protocols: string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol) && new URL(text).hostname !== '';
}
