import { spawn } from 'node:child_process';

/** Runs a program of ours in the foreground; Ctrl-C is its own to deal with. Resolves with its exit code. */
export function runProgram(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  // The terminal tells both; whoever kills this process only means the program, too.
  const ignore = (): void => undefined;
  const passOn = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', passOn);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.removeListener('SIGINT', ignore).removeListener('SIGTERM', passOn);
      resolve(code ?? (signal ? 1 : 0));
    });
  });
}
