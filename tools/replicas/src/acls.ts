#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { topologies } from './access/topologies.js';
import { explain } from './shop-error.js';

/** `npm run -s acls`: the library's own program, told what the services of this shop need. */
const PROGRAM = fileURLToPath(new URL('../../../libs/kafka/dist/access-control/cli.js', import.meta.url));

try {
  const all = JSON.stringify(await topologies());
  const program = spawn(process.execPath, [PROGRAM, '-', ...process.argv.slice(2)], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  program.stdin.on('error', () => undefined); // it did not read: its exit code says why
  program.stdin.end(all);
  program.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0);
  });
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
