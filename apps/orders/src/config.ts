import { Env, ServiceConfig } from '@fieldguide/service-kit';
import { IsInt, IsUrl, Max, Min } from 'class-validator';

/** Orders' environment; nothing else reads it. */
export class Config extends ServiceConfig {
  readonly service = 'orders';

  @IsInt()
  @Min(0)
  @Max(65_535)
  @Env('ORDERS_PORT', 'a port from 0 to 65535')
  readonly port: number = 3_000;

  @IsUrl({ protocols: ['postgres', 'postgresql'], require_tld: false, require_protocol: true })
  @Env('ORDERS_DATABASE_URL', 'a PostgreSQL URL, postgres://user:password@host:port/database')
  readonly databaseUrl!: string;
}
