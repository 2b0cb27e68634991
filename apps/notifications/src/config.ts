import { Env, ServiceConfig } from '@fieldguide/service-kit';
import { IsEmail, IsInt, IsUrl, Max, Min } from 'class-validator';

/** Notifications' environment; nothing else reads it. */
export class Config extends ServiceConfig {
  readonly service = 'notifications';

  @IsInt()
  @Min(0)
  @Max(65_535)
  @Env('NOTIFICATIONS_PORT', 'a port from 0 to 65535')
  readonly port: number = 3_002;

  @IsUrl({ protocols: ['postgres', 'postgresql'], require_protocol: true, require_tld: false })
  @Env('NOTIFICATIONS_DATABASE_URL', 'a PostgreSQL URL, postgres://user:password@host:port/database')
  readonly databaseUrl!: string;

  @IsUrl({ protocols: ['smtp', 'smtps'], require_protocol: true, require_tld: false })
  @Env('SMTP_URL', 'an SMTP URL, e.g. smtp://127.0.0.1:1025')
  readonly smtpUrl!: string;

  @IsEmail()
  @Env('OPERATOR_EMAIL', 'a mail address')
  readonly operatorEmail: string = 'operator@fieldguide.example';

  /** Between two mails to the operator about the same cause. */
  @IsInt()
  @Min(1)
  @Max(86_400_000)
  @Env('OPERATOR_MAIL_INTERVAL_MS', 'milliseconds, from 1 to 86400000')
  readonly operatorMailIntervalMs: number = 60_000;
}
