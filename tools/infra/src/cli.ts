#!/usr/bin/env node
import { doctor } from './commands/doctor.js';
import { reset } from './commands/reset.js';
import { serve } from './commands/serve.js';
import { explain } from './infra-error.js';

const COMMANDS: Record<string, (args: string[]) => Promise<number>> = { serve, doctor, reset };

const [name = '', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (command) {
  process.exitCode = await command(args).catch((error: unknown) => {
    console.error(explain(error));
    return 1;
  });
} else {
  console.error(`infra has no command ${JSON.stringify(name)}: it has ${Object.keys(COMMANDS).join(', ')}.`);
  process.exitCode = 1;
}
