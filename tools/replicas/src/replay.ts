#!/usr/bin/env node
import { acquireInfra, home } from '@fieldguide/infra';
import { connectShop } from './control/connect-shop.js';
import { explain, ShopError } from './shop-error.js';
import { runProgram } from './run-program.js';
import { CHARGING_PORT, loadedFirst, serviceEnvironment } from './shop/kinds.js';
import { mainOf, type ServiceName, services, setting } from './shop/services.js';

/** `npm run -s replay -- --service notifications …`: the service's own build, told where this shop's broker and database are. */
try {
  const { service, rest } = readService(process.argv.slice(2));
  const isSet = [setting(service, 'DATABASE_URL'), 'KAFKA_BROKERS'].every((name) => process.env[name]);
  const program = [mainOf(`apps/${service}`), '--replay', ...rest];
  if (isSet || rest.some((arg) => arg === '--help' || arg === '-h')) {
    process.exitCode = await runProgram(program, process.env);
  } else {
    // Infrastructure without a shop would be started for this alone, and hold no events.
    connectShop();
    const infra = await acquireInfra({ name: 'replay' });
    const where = { infra, home: home(), chargingPort: CHARGING_PORT };
    const { REPLICA: _, ...env } = serviceEnvironment(where, service, await infra.databaseUrl(service));
    process.exitCode = await runProgram(program, { ...env, ...loadedFirst(home(), service) });
    await infra.release();
  }
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

function readService(args: readonly string[]): { service: ServiceName; rest: string[] } {
  const at = args.findIndex((arg) => arg === '--service' || arg.startsWith('--service='));
  const [, inline] = args[at]?.split('=') ?? [];
  const name = inline ?? args[at + 1];
  const names = services.map((known) => known.name);
  const service = at < 0 ? undefined : names.find((known) => known === name);
  if (!service)
    throw new ShopError(
      `--service is ${at < 0 ? 'missing' : `"${name ?? ''}"`}: one of ${names.join(', ')} is needed.`,
    );
  return { service, rest: args.filter((_, index) => index !== at && (inline !== undefined || index !== at + 1)) };
}
