import { execFile } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

const LIBRARY = 'libs/kafka';
/** The condition under which this workspace, and nobody else, finds the sources. */
const SOURCE = '@fieldguide/source';

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly [field: string]: unknown;
}

/**
 * Packs `@fieldguide/kafka` as it is published, from a copy: what the workspace alone needs (`private`, Nx, the way to the
 * sources, which are not in the package) is left out of its manifest, and the workspace's licence comes with it.
 * The library must be built.
 * @returns the tarball's path
 */
export async function pack(destination: string): Promise<string> {
  const stage = await mkdtemp(join(tmpdir(), 'fieldguide-pack-'));
  try {
    const dist = join(LIBRARY, 'dist');
    const filter = (file: string): boolean => lstatSync(file).isDirectory() || hasSource(relative(dist, file));
    await cp(dist, join(stage, 'dist'), { recursive: true, filter });
    await cp(join(LIBRARY, 'README.md'), join(stage, 'README.md'));
    await cp('LICENSE', join(stage, 'LICENSE'));
    const manifest = JSON.parse(await readFile(join(LIBRARY, 'package.json'), 'utf8')) as Manifest;
    await writeFile(join(stage, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`);
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(destination)];
    const { stdout } = await promisify(execFile)('npm', args, { cwd: stage });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    return resolve(destination, filename);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** The compiler leaves in `dist` what it once made of sources that are gone. */
const hasSource = (file: string): boolean =>
  existsSync(join(LIBRARY, 'src', `${file.replace(/(\.d\.ts|\.js|\.js\.map)$/, '')}.ts`));

function published({ private: _private, nx: _nx, ...manifest }: Manifest): object {
  const exports = Object.entries(manifest.exports).map(([path, target]) => {
    if (typeof target === 'string') return [path, target];
    return [path, Object.fromEntries(Object.entries(target).filter(([condition]) => condition !== SOURCE))];
  });
  const there = exports.filter(([, target]) => typeof target === 'string' || Object.keys(target ?? {}).length > 0);
  return { ...manifest, exports: Object.fromEntries(there) as object };
}

if (process.argv[1] === import.meta.filename) console.log(await pack(process.argv[2] ?? '.'));
