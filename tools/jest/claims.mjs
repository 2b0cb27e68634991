import path from 'node:path';
import { runner } from './preset.mjs';

const beside = (name) => path.join(import.meta.dirname, name);

export default runner('claim-spec', {
  globalSetup: beside('infra-setup.mjs'),
  globalTeardown: beside('infra-teardown.mjs'),
  testTimeout: 300_000,
  maxWorkers: 2,
  reporters: ['default', beside('counts-reporter.mjs'), beside('claims-reporter.mjs')],
});
