#!/usr/bin/env node
import { explain } from './shop-error.js';
import { shopVariables } from './shop-variables.js';

/** `npm run -s offsets -- …`: the library's own program, told where this shop's Kafka is. */
const PROGRAM = new URL('../../../libs/kafka/dist/historical-messages/offsets-cli.js', import.meta.url);

try {
  const args = process.argv.slice(2);
  const needsShop =
    !process.env['KAFKA_BROKERS'] && args.length > 0 && !args.some((arg) => /^(--brokers|--help|-h)/.test(arg));
  if (needsShop) Object.assign(process.env, shopVariables());
  // It reads the command line by itself.
  await import(PROGRAM.href);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
