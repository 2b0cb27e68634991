import path from 'node:path';
import { runner } from './preset.mjs';

export default runner('broker-spec', {
  globalSetup: path.join(import.meta.dirname, 'infra-setup.mjs'),
  globalTeardown: path.join(import.meta.dirname, 'infra-teardown.mjs'),
  testTimeout: 300_000,
  maxWorkers: 2,
});
