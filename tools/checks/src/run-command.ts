import { spawn } from 'node:child_process';

/** Far beyond what any step takes: a command that hangs must not hang the whole run. */
const DEADLINE_MS = 70 * 60_000;
const KILL_AFTER_MS = 10_000;

/** Runs a command with its output shown. Resolves with the exit code; a signal and a missed deadline count as 1. */
export function runCommand(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
  deadlineMs = DEADLINE_MS,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: 'inherit', env: { ...process.env, ...env } });
    const deadline = setTimeout(() => {
      console.log(`✗ ${command} ${args.join(' ')} did not end within ${deadlineMs / 60_000} min and is stopped`);
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    }, deadlineMs);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(deadline);
      resolve(code ?? 1);
    });
  });
}
