import { isCluster, isSecured } from '../home.js';
import { toServerUrl } from '../parts/postgres/postgres-client.js';
import type { Part } from '../system.js';
import type { Facts, Wanted } from './protocol.js';

/** In what the infrastructure that runs is not what somebody's environment asks for; undefined where it is. */
export function difference(wanted: Wanted, facts: Facts): string | undefined {
  const providerOf = (part: Part): string | undefined => facts.choices.find((choice) => choice.part === part)?.provider;
  const differs = (variable: string, part: Part, runs: string): string[] => {
    // What runs here may be named by its address: specs get it so.
    const asked = wanted[variable];
    const isSame = asked ? normal(asked) === normal(runs) : providerOf(part) !== 'external';
    return isSame ? [] : [variable];
  };
  const force = wanted['INFRA'];
  const external = providerOf('kafka') === 'external';
  const differing = [
    ...differs('KAFKA_BROKERS', 'kafka', facts.kafka),
    ...differs('DATABASE_URL', 'postgres', facts.databaseServer),
    ...differs('SMTP_URL', 'mail', facts.env['SMTP_URL'] ?? ''),
    ...(isSecured(wanted['KAFKA_SECURED']) === Boolean(facts.users) || wanted['KAFKA_BROKERS']
      ? []
      : ['KAFKA_SECURED']),
    ...(isCluster(wanted['KAFKA_NODES']) === facts.kafka.includes(',') || wanted['KAFKA_BROKERS'] || external
      ? []
      : ['KAFKA_NODES']),
    ...(force && facts.choices.some(({ provider }) => provider !== force && provider !== 'external') ? ['INFRA'] : []),
  ];
  if (differing.length === 0) return undefined;
  return `with another ${differing.join(', another ')} than here`;
}

/** `a:9092, b:9092` is `a:9092,b:9092`; a server's URL without a database is the one with `postgres`. */
const normal = (value: string): string =>
  /^postgres(ql)?:/.test(value) && URL.canParse(value) ? toServerUrl(value) : value.replaceAll(/\s/g, '');
