import { existsSync } from 'node:fs';
import { homeName } from '../../home.js';
import { InfraError } from '../../infra-error.js';
import { run } from '../../machine/programs.js';

/** One Compose project for each home, so that its containers are found again. */
export const projectName = (): string => `fieldguide-${homeName()}`;

const label = (): string => `label=com.docker.compose.project=${projectName()}`;

/** Runs the client. Rejects with one sentence. */
export async function docker(args: string[], withinMs = 60_000, input?: string): Promise<string> {
  const { ok, output } = await run('docker', args, withinMs, input === undefined ? {} : { input });
  if (!ok) throw new InfraError(`docker ${args[0]} failed: ${output.split('\n').at(-1) ?? ''}`);
  return output;
}

/** Containers of this home that a killed run left. They are stopped in good order, so that their data is whole. */
export async function removeLeftovers(say: (line: string) => void): Promise<void> {
  const containers = await docker(['ps', '--all', '--quiet', '--filter', label()]);
  const networks = await docker(['network', 'ls', '--quiet', '--filter', label()]);
  if (!containers && !networks) return;
  say('docker: removing the containers that a killed run left behind');
  // A frozen container does not hear that it should stop.
  for (const id of containers.split('\n').filter(Boolean)) await run('docker', ['unpause', id], 10_000);
  await docker(['compose', '--project-name', projectName(), 'down', '--timeout', '5']);
}

/** What containers wrote belongs to users of theirs, and only a container may delete it. */
export async function deleteAsRoot(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const mount = ['--volume', `${folder}:/data`, '--entrypoint', 'sh'];
  await docker(['run', '--rm', '--user', '0', '--network', 'none', ...mount, 'postgres:18', '-c', 'rm -rf /data/*']);
}
