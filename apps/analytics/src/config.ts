import { Env, ServiceConfig } from '@fieldguide/service-kit';
import { IsInt, IsUrl, Max, Min } from 'class-validator';

/** Analytics' environment; nothing else reads it. */
export class Config extends ServiceConfig {
  readonly service = 'analytics';

  @IsInt()
  @Min(0)
  @Max(65_535)
  @Env('ANALYTICS_PORT', 'a port from 0 to 65535')
  readonly port: number = 3_003;

  @IsUrl({ protocols: ['postgres', 'postgresql'], require_protocol: true, require_tld: false })
  @Env('ANALYTICS_DATABASE_URL', 'a PostgreSQL URL, postgres://user:password@host:port/database')
  readonly databaseUrl!: string;
}
