import { rmSync } from 'node:fs';
import path from 'node:path';
import { isCluster, isSecured } from '@fieldguide/infra';
import { startShop } from '@fieldguide/replicas';
import { refuseExternal } from './external.mjs';

// A home of its own, so that e2e runs beside `npm start`, on an open broker, on a secured one and on three, and, in a home that is
// given, beside the broker specs: these have other groups on theirs. Specs find the shop there.
const { KAFKA_SECURED, KAFKA_NODES } = process.env;
const folder = isSecured(KAFKA_SECURED) ? 'test-secured' : isCluster(KAFKA_NODES) ? 'test-cluster' : 'test';
const given = process.env.FIELDGUIDE_HOME ?? path.resolve(import.meta.dirname, '../../.local', folder);
process.env.FIELDGUIDE_HOME = path.join(given, 'shop');

// Services and specs read it: nobody waits for a minute. Whole seconds, as mails tell their date.
process.env.OPERATOR_MAIL_INTERVAL_MS ??= '3000';

/** One shop for all e2e specs of a run. What its replicas print goes to `log/<replica>.log` of the home. */
export default async function setup() {
  // A bug that a spec has tried, where that was killed.
  rmSync(path.join(process.env.FIELDGUIDE_HOME, 'preload'), { recursive: true, force: true });
  let starting = true;
  globalThis.__FIELDGUIDE_SHOP__ = await startShop({
    name: 'e2e',
    // Jest's own options mean nothing to the services.
    env: { NODE_OPTIONS: '' },
    say: (line) => starting && console.log(line),
    onLost: (reason) => console.error(reason),
  });
  const shop = globalThis.__FIELDGUIDE_SHOP__;
  await refuseExternal(shop.choices, () => shop.stop());
  starting = false;
}
