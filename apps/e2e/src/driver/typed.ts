import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { home, type System, workspaceRoot } from '@fieldguide/infra';

/**
 * Commands that take a reader's first minutes or the rest of their day, and those for a shop on a secured broker: other
 * specs, or nobody, run them.
 */
const NOT_HERE =
  /^npm (ci|start|test)\b|^npm run (soak|bench|claims|e2e|chaos|doctor|reset|[a-z]+-page|snippets)\b|^npx nx (claims|e2e)\b|^KAFKA_SECURED=1 /;
/** For one that never ends. The longest, a replay of all that the other specs have ordered, takes a minute on a busy machine. */
const LIMIT_MS = 240_000;

export interface Typed {
  /** What was printed, both ways out. */
  readonly output: readonly string[];
  readonly code: number | null;
}

/**
 * Types lines into a shell in the root of the workspace, as a reader of this shop's pages would.
 * @param mayFail goes on after a line that fails
 */
export async function type(lines: readonly string[], system: System, mayFail: boolean): Promise<Typed> {
  const script = lines.filter((line) => !NOT_HERE.test(line)).map((line) => atHome(line, system));
  const shell = spawn('bash', [mayFail ? '+e' : '-e', '-o', 'pipefail', '-c', script.join('\n')], {
    cwd: workspaceRoot,
    env: { ...process.env, CONTROL: system.paymentProvider, NODE_OPTIONS: '', NX_DAEMON: 'false', FORCE_COLOR: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part));
  const limit = setTimeout(() => shell.pid && process.kill(-shell.pid, 'SIGKILL'), LIMIT_MS);
  const [code] = (await once(shell, 'close')) as [number | null];
  clearTimeout(limit);
  return { output: text.split('\n'), code };
}

/** Pages name the ports that the shop prefers, and another may have taken them; and the home of `npm start`. */
function atHome(line: string, { replicas }: System): string {
  const there = line.replaceAll('.local/', `${home()}/`);
  return there.replaceAll(/(?:localhost|127\.0\.0\.1):30(\d)(\d)\b/g, (address, tens: string, ones: string) => {
    const service = PORTS[Number(ones)];
    const replica = replicas.find(({ replica }) => replica === `${service}-${Number(tens) + 1}`);
    return replica?.url ? new URL(replica.url).host : address;
  });
}

const PORTS = ['orders', 'billing', 'notifications', 'analytics'];
