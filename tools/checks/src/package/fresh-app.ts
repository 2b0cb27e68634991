import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** What this workspace is tested with: their tarballs are in npm's cache already. */
const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const versions: Record<string, string> = { ...devDependencies, ...dependencies };
const tsc = resolve('node_modules/.bin/tsc');

/** An app outside of the repository, with nothing but what a team would install. */
export class FreshApp {
  readonly folder = mkdtempSync(join(tmpdir(), 'fieldguide-app-'));
  readonly #processes: ChildProcess[] = [];

  /** Installs these packages, and the library from its tarball. */
  async install(tarball: string, packages: readonly string[], ...flags: readonly string[]): Promise<void> {
    const wanted = Object.fromEntries(packages.map((name) => [name, versions[name]]));
    this.write('package.json', JSON.stringify({ type: 'module', private: true, dependencies: wanted }));
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    await run('npm', ['install', tarball, '--prefix', this.folder, ...quiet, ...flags], { cwd: this.folder });
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Compiles `main.ts` as a new app does, declarations of what it uses included. Rejects with what the compiler says. */
  async compile(): Promise<void> {
    const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true };
    const compilerOptions = { target: 'es2022', module: 'nodenext', strict: true, types: ['node'], ...decorators };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['main.ts'] }));
    await run(tsc, ['-p', this.folder]).catch((error: { stdout?: string }) => {
      throw new Error(error.stdout);
    });
  }

  /** Runs a file of it. `said` grows with what it prints. */
  start(file: string, env: Record<string, string> = {}) {
    const path = process.env['PATH'] ?? '';
    const child = spawn(process.execPath, [file], { cwd: this.folder, env: { PATH: path, ...env } });
    this.#processes.push(child);
    const started = { said: '', child, ended: once(child, 'close').then(([code]) => code as number | null) };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (started.said += text));
    }
    return started;
  }

  async remove(): Promise<void> {
    for (const child of this.#processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
