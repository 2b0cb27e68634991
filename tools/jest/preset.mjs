import path from 'node:path';

const swc = {
  swcrc: false,
  exclude: [],
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    target: 'es2022',
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: true,
};

/** One runner for one suffix: `.spec.ts`, `.broker-spec.ts`, `.claim-spec.ts`, `.e2e-spec.ts`. */
export const runner = (suffix, options = {}) => ({
  testEnvironment: 'node',
  testMatch: [`**/src/**/*.${suffix}.ts`],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['@fieldguide/source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['/dist/'],
  coverageProvider: 'v8',
  reporters: ['default', path.join(import.meta.dirname, 'counts-reporter.mjs')],
  ...options,
});
