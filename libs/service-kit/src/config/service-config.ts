import type { KafkaSettings } from '@fieldguide/kafka';
import type { OutboxSettings } from '@fieldguide/outbox';
import {
  IsArray,
  ArrayNotEmpty,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import type { DatabaseSettings } from '../database/database.js';
import { LOG_THRESHOLDS, type LogThreshold } from '../logging/service-logger.js';
import { Env } from './env.js';

// The same rules as in tools/infra/src/settings.ts, which reads these variables for `npm start`.
const BROKER =
  /^(?:[^:/\s]+|\[[0-9a-fA-F:]+\]):(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;
const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const needsUser = ({ saslMechanism, saslUsername, saslPassword }: ServiceConfig): boolean =>
  [saslMechanism, saslUsername, saslPassword].some((value) => value !== undefined);

/** What every service reads from its environment; each adds its own and what it is called. */
export abstract class ServiceConfig {
  abstract readonly service: string;

  @IsArray()
  @ArrayNotEmpty()
  @Matches(BROKER, { each: true })
  @Env('KAFKA_BROKERS', 'host:port, several parted by commas, e.g. 127.0.0.1:9092')
  readonly brokers!: string[];

  @ValidateIf(needsUser)
  @IsIn(SASL_MECHANISMS)
  @Env('KAFKA_SASL_MECHANISM', `one of ${SASL_MECHANISMS.join(', ')}, where the broker asks who one is`)
  readonly saslMechanism?: (typeof SASL_MECHANISMS)[number];

  @ValidateIf(needsUser)
  @IsString()
  @Env('KAFKA_SASL_USERNAME', 'a user name beside KAFKA_SASL_MECHANISM')
  readonly saslUsername?: string;

  @ValidateIf(needsUser)
  @IsString()
  @Env('KAFKA_SASL_PASSWORD', 'a password beside KAFKA_SASL_MECHANISM')
  readonly saslPassword?: string;

  @IsBoolean()
  @Env('KAFKA_SSL', 'true or false')
  readonly ssl: boolean = false;

  @IsIn(['development', 'production', 'test'])
  @Env('NODE_ENV', 'development or production')
  readonly environment: string = 'development';

  @IsIn(LOG_THRESHOLDS)
  @Env('LOG_LEVEL', `one of ${LOG_THRESHOLDS.join(', ')}`)
  readonly logLevel: LogThreshold = 'log';

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(999)
  @Env('REPLICA', 'the number of this replica, from 1')
  readonly replica?: number;

  @IsOptional()
  @IsNotEmpty()
  @Env('JOURNAL_DIR', 'a folder')
  readonly journal?: string;

  @Matches(/^\S+$/)
  @Env('HOST', 'the address to listen on, e.g. 127.0.0.1')
  readonly host: string = '127.0.0.1';

  get production(): boolean {
    return this.environment === 'production';
  }

  /** `billing-2`, or the service's name where its replicas have no numbers. */
  get replicaName(): string {
    return this.replica ? `${this.service}-${this.replica}` : this.service;
  }

  abstract readonly databaseUrl: string;

  get database(): DatabaseSettings {
    return { url: this.databaseUrl, applicationName: this.replicaName };
  }

  get outbox(): OutboxSettings {
    return { databaseUrl: this.databaseUrl, applicationName: `${this.replicaName} outbox` };
  }

  get kafka(): KafkaSettings {
    const { saslMechanism: mechanism, saslUsername: username, saslPassword: password } = this;
    return {
      brokers: this.brokers,
      ssl: this.ssl,
      ...(mechanism && username && password && { sasl: { mechanism, username, password } }),
      ...(this.replica && { replica: this.replica }),
      ...(this.journal && { journal: this.journal }),
      production: this.production,
    };
  }
}
