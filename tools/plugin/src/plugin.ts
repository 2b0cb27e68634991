import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CreateNodesV2, TargetConfiguration } from '@nx/devkit';

/** kafkajs and the services change their timing under `NODE_ENV=test`: only unit specs may run with it. */
const NODE_OPTIONS = '--experimental-vm-modules --disable-warning=ExperimentalWarning';

/** Infers `build` for every TypeScript project, and a test target for each kind of spec that the project holds. */
export const createNodesV2: CreateNodesV2 = [
  '{apps,libs,tools}/*/tsconfig.json',
  (files, _options, context) =>
    files.map((file) => {
      const root = dirname(file);
      const specs = specsIn(join(context.workspaceRoot, root, 'src'));
      const targets: Record<string, TargetConfiguration> = { build: build(root) };
      if (specs.has('spec'))
        targets['test'] = { ...jest(root, 'unit', {}), cache: true, inputs: ['default', '^production'] };
      if (specs.has('broker-spec')) targets['broker-test'] = jest(root, 'broker', { NODE_ENV: 'development' });
      if (specs.has('claim-spec')) targets['claims'] = jest(root, 'claims', { NODE_ENV: 'development' });
      if (specs.has('e2e-spec')) targets['e2e'] = jest(root, 'e2e', { NODE_ENV: 'development' });
      return [file, { projects: { [root]: { targets } } }];
    }),
];

const build = (root: string): TargetConfiguration => ({
  cache: true,
  executor: 'nx:run-commands',
  dependsOn: ['^build'],
  inputs: ['default', '^production'],
  outputs: ['{projectRoot}/dist'],
  options: { command: `tsc -b ${root}` },
});

const jest = (
  root: string,
  runner: 'unit' | 'broker' | 'claims' | 'e2e',
  env: Record<string, string>,
): TargetConfiguration => ({
  cache: false,
  executor: 'nx:run-commands',
  // What a runner starts (infra, services) runs from `dist`.
  ...(runner === 'unit' ? {} : { dependsOn: [{ projects: '*', target: 'build' }] }),
  options: {
    command: `jest --config tools/jest/${runner}.mjs --rootDir ${root}`,
    env: { NODE_OPTIONS, ...env },
  },
});

/** The kinds of spec below a folder, by suffix: `spec`, `broker-spec`, `claim-spec`, `e2e-spec`. */
function specsIn(folder: string): Set<string> {
  const kinds = new Set<string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const kind = /\.([a-z0-9]+-)?spec\.ts$/.exec(entry.name);
    if (kind) kinds.add(`${kind[1] ?? ''}spec`);
  }
  return kinds;
}
