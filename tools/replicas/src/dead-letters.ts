#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { explain } from './shop-error.js';
import { shopVariables } from './shop-variables.js';

/** `npm run -s dead-letters -- …`: the library's own program, told where this shop's Kafka is. */
const PROGRAM = fileURLToPath(new URL('../../../libs/kafka/dist/dead-letters/cli.js', import.meta.url));

try {
  const args = process.argv.slice(2);
  const needsShop =
    !process.env['KAFKA_BROKERS'] && args.length > 0 && !args.some((arg) => /^(--brokers|--help|-h)/.test(arg));
  const env = needsShop ? { ...process.env, ...shopVariables() } : process.env;
  spawn(process.execPath, [PROGRAM, ...args], { stdio: 'inherit', env }).on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
