import path from 'node:path';
import { runner } from './preset.mjs';

// One shop for all specs, one spec after another.
export default runner('e2e-spec', {
  globalSetup: path.join(import.meta.dirname, 'shop-setup.mjs'),
  globalTeardown: path.join(import.meta.dirname, 'shop-teardown.mjs'),
  testTimeout: 600_000,
  maxWorkers: 1,
  // A client of kafkajs that a spec closes in the wrong moment goes on connecting to a broker that is gone, for ever.
  forceExit: true,
});
