import { acquireInfra } from '@fieldguide/infra';
import { refuseExternal } from './external.mjs';

/** One infrastructure for all broker and claim specs of a run; specs find it in the environment. */
export default async function setup() {
  const infra = await acquireInfra({ name: 'broker-tests', say: (line) => console.log(line) });
  await refuseExternal(infra.choices, () => infra.release());
  globalThis.__FIELDGUIDE_INFRA__ = infra;
  Object.assign(process.env, infra.env, { DATABASE_URL: infra.databaseServerUrl, MAIL_URL: infra.mailUrl });
}
