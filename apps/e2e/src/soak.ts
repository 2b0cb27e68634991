import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@fieldguide/infra';

/** `npm run soak -- <story>`: a story of the e2e specs at full length, on a shop that is started for it. */
const SUFFIX = '.e2e-spec.ts';
const stories = readdirSync(join(workspaceRoot, 'apps/e2e/src/soak'))
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));

const [story, ...more] = process.argv.slice(2);
if (story === undefined || more.length > 0 || !(stories.includes(story) || story === 'all')) {
  const problem = story === undefined ? 'Which story?' : `"${[story, ...more].join(' ')}" is no story.`;
  process.stderr.write(`${problem} npm run soak -- ${[...stories, 'all'].join(' | ')}\n`);
  process.exitCode = 2;
} else {
  const pattern = story === 'all' ? 'src/soak/' : `src/soak/${story}\\.`;
  const nx = spawn('npx', ['nx', 'run', 'e2e:e2e', '--testPathPatterns', pattern], {
    cwd: workspaceRoot,
    env: { ...process.env, FIELDGUIDE_SOAK: 'long', NX_DAEMON: 'false' },
    stdio: 'inherit',
  });
  nx.on('error', ({ message }) => process.stderr.write(`nx can't be started: ${message}\n`));
  nx.on('exit', (code) => (process.exitCode = code ?? 1));
}
