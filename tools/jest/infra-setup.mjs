import { acquireInfra, isSecured } from '@fieldguide/infra';
import { openBrokerControl } from './broker-control.mjs';
import { refuseExternal } from './external.mjs';

/** One infrastructure for all broker and claim specs of a run; specs find it in the environment. */
export default async function setup() {
  if (isSecured(process.env.KAFKA_SECURED))
    throw new Error(
      'These specs speak to an open broker: unset KAFKA_SECURED, which is for npm run e2e and npm start.',
    );
  const infra = await acquireInfra({ name: 'broker-tests', say: (line) => console.log(line) });
  await refuseExternal(infra.choices, () => infra.release());
  const control = await openBrokerControl();
  globalThis.__FIELDGUIDE_INFRA__ = infra;
  globalThis.__FIELDGUIDE_BROKER_CONTROL__ = control;
  Object.assign(process.env, infra.env, {
    DATABASE_URL: infra.databaseServerUrl,
    MAIL_URL: infra.mailUrl,
    BROKER_CONTROL_URL: control.url,
  });
}
