import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Of `@platformatic/kafka`, what the bench calls. The package is no dependency of the workspace: see `opponents/`. */
export interface Platformatic {
  readonly Producer: new (options: object) => { send(options: object): Promise<unknown> };
  readonly Consumer: new (options: object) => { consume(options: object): Promise<AsyncIterable<RawMessage>> };
  readonly stringSerializers: object;
}

export interface RawMessage {
  readonly value: Buffer;
}

/** Both `src` and `dist` lie beside it. */
export const OPPONENTS = path.resolve(import.meta.dirname, '../../../opponents');
const ENTRY = path.join(OPPONENTS, 'node_modules/@platformatic/kafka/dist/index.js');

export const isInstalled = (): boolean => existsSync(ENTRY);
export const load = async (): Promise<Platformatic> => (await import(pathToFileURL(ENTRY).href)) as Platformatic;
