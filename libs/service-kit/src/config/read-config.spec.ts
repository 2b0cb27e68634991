import { describe, expect, it } from '@jest/globals';
import { IsArray, IsBoolean, IsInt, IsOptional, IsUrl, Max, Min } from 'class-validator';
import { ConfigError } from './config-error.js';
import { Env } from './env.js';
import { readConfig } from './read-config.js';
import { ServiceConfig } from './service-config.js';

class Config extends ServiceConfig {
  readonly service = 'bakery';

  @IsInt()
  @Min(0)
  @Max(65_535)
  @Env('BAKERY_PORT', 'a port from 0 to 65535')
  readonly port: number = 3_009;

  @IsUrl({ protocols: ['postgres'], require_tld: false })
  @Env('BAKERY_DATABASE_URL', 'a PostgreSQL URL')
  readonly databaseUrl!: string;

  @IsOptional()
  @IsBoolean()
  @Env('BAKERY_OPEN', 'true or false')
  readonly open?: boolean;

  @IsOptional()
  @IsArray()
  @Env('BAKERY_BREADS', 'names, parted by commas')
  readonly breads?: string[];
}

const RIGHT = { KAFKA_BROKERS: '127.0.0.1:9092', BAKERY_DATABASE_URL: 'postgres://u:secret@127.0.0.1:5432/bakery' };
const problemsOf = (env: NodeJS.ProcessEnv): string[] => {
  try {
    readConfig(Config, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ variable, problem }) => `${variable} ${problem}`);
    throw error;
  }
  return [];
};

describe('the environment of a service', () => {
  it('is read as what each field is', () => {
    const config = readConfig(Config, {
      ...RIGHT,
      KAFKA_BROKERS: 'one:9092, two:9092',
      REPLICA: '2',
      BAKERY_PORT: '3010',
      BAKERY_OPEN: 'false',
      BAKERY_BREADS: 'rye,wheat',
      NODE_ENV: 'production',
    });

    expect(config).toMatchObject({ port: 3_010, open: false, breads: ['rye', 'wheat'], replica: 2, production: true });
    expect(config.brokers).toEqual(['one:9092', 'two:9092']);
    expect(config.replicaName).toBe('bakery-2');
  });

  it('leaves a default where a variable is missing or empty', () => {
    expect(readConfig(Config, { ...RIGHT, BAKERY_PORT: '' })).toMatchObject({
      port: 3_009,
      host: '127.0.0.1',
      replicaName: 'bakery',
      kafka: { brokers: ['127.0.0.1:9092'], ssl: false, production: false },
    });
  });

  it('that is wrong is refused with every wrong variable at once', () => {
    expect(problemsOf({ BAKERY_PORT: 'http', KAFKA_SSL: 'yes', REPLICA: '0', KAFKA_BROKERS: 'broker' })).toEqual([
      'KAFKA_BROKERS is wrong: expected host:port, several parted by commas, e.g. 127.0.0.1:9092',
      'KAFKA_SSL is wrong: expected true or false',
      'REPLICA is wrong: expected the number of this replica, from 1',
      'BAKERY_PORT is wrong: expected a port from 0 to 65535',
      'BAKERY_DATABASE_URL is missing: expected a PostgreSQL URL',
    ]);
  });

  // `npm start` reads the same variables by the same rules: settings.spec.ts of infra has this list, too.
  it.each([
    ['KAFKA_BROKERS', 'a:99999'],
    ['KAFKA_BROKERS', 'a:0'],
    ['KAFKA_BROKERS', 'a:b:9092'],
    ['KAFKA_SSL', '1'],
    ['KAFKA_SSL', 'TRUE'],
    ['KAFKA_SASL_MECHANISM', 'SCRAM-SHA-256'],
  ])('is wrong with %s=%s', (name, value) => {
    const user = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'orders', KAFKA_SASL_PASSWORD: 'secret' };

    expect(problemsOf({ ...RIGHT, KAFKA_BROKERS: 'a:65535', ...user })).toEqual([]);
    expect(problemsOf({ ...RIGHT, ...user, [name]: value })).toEqual([expect.stringContaining(`${name} is wrong`)]);
  });

  it('is never repeated in what is said about it', () => {
    const read = () => readConfig(Config, { ...RIGHT, BAKERY_DATABASE_URL: 'mysql://u:secret@db/bakery' });

    expect(read).toThrow(
      /^The environment is not right:\n {2}BAKERY_DATABASE_URL is wrong: expected a PostgreSQL URL\n/,
    );
    expect(read).not.toThrow(/secret/);
  });

  it('gives the broker a user with a name, a password and a mechanism, or none', () => {
    const user = { KAFKA_SASL_MECHANISM: 'scram-sha-256', KAFKA_SASL_USERNAME: 'bakery', KAFKA_SASL_PASSWORD: 'x' };

    expect(readConfig(Config, { ...RIGHT, ...user }).kafka.sasl).toEqual({
      mechanism: 'scram-sha-256',
      username: 'bakery',
      password: 'x',
    });
    expect(problemsOf({ ...RIGHT, KAFKA_SASL_USERNAME: 'bakery' }).map((problem) => problem.split(' ')[0])).toEqual([
      'KAFKA_SASL_MECHANISM',
      'KAFKA_SASL_PASSWORD',
    ]);
  });
});
