// Stands in for a service. `FAKE` says how it behaves: `never-ready`, `broken` (ends at its start), `stubborn` (ignores
// SIGTERM), `parent` (has a child that ignores SIGTERM); otherwise it is ready, and ends with exit code 3 when it is told to at /crash.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

const { FAKE, FAKE_PORT, REPLICA } = process.env;
console.log(`replica ${REPLICA} begins`);
if (FAKE === 'broken') {
  console.error('FAKE_SETTING is missing');
  process.exit(1);
}
process.on('SIGTERM', () => {
  if (FAKE !== 'stubborn') process.exit(0);
});
const stubbornChild = `
  process.on('SIGTERM', () => {});
  require('http').createServer((_, response) => response.end()).listen(0, '127.0.0.1', function () {
    console.log('http://127.0.0.1:' + this.address().port);
  });`;
const child = FAKE === 'parent' ? await urlOf(spawn(process.execPath, ['-e', stubbornChild])) : undefined;
createServer((request, response) => {
  if (request.url === '/crash') {
    console.error('something gave way');
    process.exit(3);
  }
  response.statusCode = FAKE === 'never-ready' ? 503 : 200;
  response.end(JSON.stringify({ replica: REPLICA, child }));
}).listen(Number(FAKE_PORT), '127.0.0.1');

async function urlOf({ stdout }) {
  const [line] = await once(stdout, 'data');
  return line.toString().trim();
}
