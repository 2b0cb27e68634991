import { Env, ServiceConfig } from '@fieldguide/service-kit';
import { IsInt, IsUrl, Max, Min } from 'class-validator';

/** Billing's environment; nothing else reads it. */
export class Config extends ServiceConfig {
  readonly service = 'billing';

  @IsInt()
  @Min(0)
  @Max(65_535)
  @Env('BILLING_PORT', 'a port from 0 to 65535')
  readonly port: number = 3_001;

  @IsUrl({ protocols: ['postgres', 'postgresql'], require_tld: false, require_protocol: true })
  @Env('BILLING_DATABASE_URL', 'a PostgreSQL URL, postgres://user:password@host:port/database')
  readonly databaseUrl!: string;

  @IsUrl({ protocols: ['http', 'https'], require_tld: false, require_protocol: true })
  @Env('BILLING_PAYMENT_PROVIDER_URL', 'an HTTP URL, e.g. http://127.0.0.1:3900')
  readonly paymentProviderUrl!: string;
}
