import { ESLint } from 'eslint';
import ts from 'typescript';
import type { Check } from './check.js';

interface KnownBad {
  readonly says: string;
  /** An existing file: its place decides what it may import. Its text is replaced in memory only. */
  readonly file: string;
  readonly code: string;
  /** The rule that must refuse it. */
  readonly rule: string;
}

const NX = '@nx/enforce-module-boundaries';
const RESTRICTED = 'no-restricted-imports';

/** Each import that must not be, put where somebody would put it. */
const KNOWN_BAD: readonly KnownBad[] = [
  {
    says: 'a service does not import another service by path',
    file: 'apps/orders/src/main.ts',
    code: `import '../../billing/src/main.js';\n`,
    rule: NX,
  },
  {
    says: 'a lib does not import a service',
    file: 'libs/kafka/src/index.ts',
    code: `import '../../../apps/billing/src/main.js';\n`,
    rule: NX,
  },
  {
    says: 'a service does not import a tool',
    file: 'apps/orders/src/main.ts',
    code: `import { home } from '@fieldguide/infra';\nexport { home };\n`,
    rule: NX,
  },
  {
    says: 'kafka does not import contracts',
    file: 'libs/kafka/src/index.ts',
    code: `import { OrderPlaced } from '@fieldguide/contracts';\nexport { OrderPlaced };\n`,
    rule: NX,
  },
  {
    says: 'kafka does not import the kit of our services',
    file: 'libs/kafka/src/index.ts',
    code: `import * as kit from '@fieldguide/service-kit';\nexport { kit };\n`,
    rule: NX,
  },
  {
    says: 'contracts import nothing of kafka but its contract subpath',
    file: 'libs/contracts/src/index.ts',
    code: `import { EventPublisher } from '@fieldguide/kafka';\nexport { EventPublisher };\n`,
    rule: RESTRICTED,
  },
  {
    says: 'contracts are free of NestJS',
    file: 'libs/contracts/src/index.ts',
    code: `import { Injectable } from '@nestjs/common';\nexport { Injectable };\n`,
    rule: RESTRICTED,
  },
  {
    says: 'the contract subpath is free of the rest of kafka',
    file: 'libs/kafka/src/contract/index.ts',
    code: `import { SettingsError } from '../errors.js';\nexport { SettingsError };\n`,
    rule: RESTRICTED,
  },
  {
    says: 'only one folder of kafka imports kafkajs',
    file: 'libs/kafka/src/index.ts',
    code: `import { Kafka } from 'kafkajs';\nexport { Kafka };\n`,
    rule: RESTRICTED,
  },
  {
    says: 'a service does not import kafkajs',
    file: 'apps/orders/src/main.ts',
    code: `import { Kafka } from 'kafkajs';\nexport { Kafka };\n`,
    rule: RESTRICTED,
  },
  {
    says: 'claims show stock NestJS, not our transport',
    file: 'apps/claims/src/stock-broker.ts',
    code: `import { KafkaTransport } from '@fieldguide/kafka';\nexport { KafkaTransport };\n`,
    rule: NX,
  },
  {
    says: 'claims import no tool but infra and poison',
    file: 'apps/claims/src/stock-broker.ts',
    code: `import { connectShop } from '@fieldguide/replicas';\nexport { connectShop };\n`,
    rule: NX,
  },
  {
    says: 'e2e looks from outside: it imports no service',
    file: 'apps/e2e/src/driver/shop.ts',
    code: `import '../../../orders/src/main.js';\n`,
    rule: NX,
  },
];

/** Proves that lint refuses each known-bad import; nothing is written. */
export async function checkBoundaries(): Promise<Check[]> {
  const eslint = new ESLint();
  const checks: Check[] = [];
  for (const { says, file, code, rule } of KNOWN_BAD) {
    const [result] = await eslint.lintText(code, { filePath: file });
    const refused = result?.messages.some((message) => message.ruleId === rule) ?? false;
    const found = result?.messages.map((message) => message.message).join('; ') || 'nothing';
    checks.push({ says, contradictions: refused ? [] : [`${file} may contain ${code.trim()} (lint said: ${found})`] });
  }
  return [...checks, checkPackages()];
}

/** Lint leaves an import that does not resolve to the compiler: services export nothing. */
function checkPackages(): Check {
  const { config } = ts.readConfigFile('apps/orders/tsconfig.json', (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, 'apps/orders');
  const resolves = (name: string) => {
    const from = ts.sys.resolvePath('apps/orders/src/main.ts');
    return ts.resolveModuleName(name, from, options, ts.sys, undefined, undefined, ts.ModuleKind.ESNext).resolvedModule;
  };
  const deep = '@fieldguide/billing/src/main.js';
  return {
    says: 'a service does not import another service by package',
    contradictions: [
      ...(resolves('@fieldguide/contracts')
        ? []
        : ['this check can tell nothing: @fieldguide/contracts does not resolve']),
      ...[deep, '@fieldguide/billing']
        .filter((name) => resolves(name))
        .map((name) => `${name} resolves from apps/orders`),
    ],
  };
}
