#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { connectShop } from './control/connect-shop.js';
import { runProgram } from './run-program.js';
import { explain } from './shop-error.js';

/** `npm run -s offsets -- …`: the library's own program, told where this shop's Kafka is. */
const PROGRAM = fileURLToPath(new URL('../../../libs/kafka/dist/historical-messages/offsets-cli.js', import.meta.url));

try {
  const args = process.argv.slice(2);
  const needsShop =
    !process.env['KAFKA_BROKERS'] && args.length > 0 && !args.some((arg) => /^(--brokers|--help|-h)/.test(arg));
  const env = needsShop ? { ...process.env, KAFKA_BROKERS: connectShop().system.kafka } : process.env;
  process.exitCode = await runProgram([PROGRAM, ...args], env);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
