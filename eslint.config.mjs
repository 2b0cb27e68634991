import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier/flat';
import tseslint from 'typescript-eslint';

/** Who may import whom. `tools/checks` proves that each forbidden import is refused. */
const boundaries = [
  { sourceTag: 'type:service', onlyDependOnLibsWithTags: ['type:contracts', 'type:platform'] },
  { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: ['scope:kafka'] },
  { sourceTag: 'scope:kafka', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'scope:outbox', onlyDependOnLibsWithTags: ['scope:kafka'] },
  { sourceTag: 'scope:service-kit', onlyDependOnLibsWithTags: ['scope:kafka', 'scope:outbox'] },
  { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:platform'] },
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:contracts', 'type:tool'] },
  { sourceTag: 'type:claims', onlyDependOnLibsWithTags: ['scope:infra', 'scope:poison'] },
  { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:tool', 'type:contracts', 'type:platform'] },
];

export default tseslint.config(
  { ignores: ['**/dist', '**/coverage', '.local', '.nx', '**/*.mjs', '**/*.cjs'] },
  ...nx.configs['flat/base'],
  ...tseslint.configs.recommendedTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    files: ['**/*.ts'],
    rules: {
      // `import type` of an injected class would break dependency injection: constructor types must stay value imports.
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-console': 'error',
      '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: false, depConstraints: boundaries }],
    },
  },
  {
    files: ['libs/contracts/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: '@fieldguide/kafka', message: 'Contracts import @fieldguide/kafka/contract only.' }],
          patterns: [{ group: ['@nestjs/*', 'kafkajs'], message: 'Contracts are free of NestJS and kafkajs.' }],
        },
      ],
    },
  },
  {
    files: ['libs/kafka/src/**/*.ts'],
    ignores: ['libs/kafka/src/client/**', 'libs/kafka/src/testing/**', '**/*.broker-spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'kafkajs', message: 'Only libs/kafka/src/client imports kafkajs.' }] },
      ],
    },
  },
  {
    files: ['apps/{orders,billing,notifications,analytics}/**/*.ts', 'libs/service-kit/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'kafkajs', message: 'Only libs/kafka/src/client imports kafkajs.' }] },
      ],
    },
  },
  {
    files: ['libs/kafka/src/contract/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@nestjs/*', 'kafkajs', '../*'], message: 'The contract subpath stands by itself.' }] },
      ],
    },
  },
  { files: ['tools/**/*.ts', 'apps/e2e/**/*.ts'], rules: { 'no-console': 'off' } },
  prettier,
);
