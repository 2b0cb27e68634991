import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { workspaceRoot } from '@fieldguide/infra';
import type { ModuleMetadata } from '@nestjs/common';
import type { TestingModuleBuilder } from '@nestjs/testing';

/** What is different in a service that runs without a device. */
export interface Variant {
  /** Beside the service's own module. */
  readonly imports?: ModuleMetadata['imports'];
  /** What Nest injects for a part of the service. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** Runs in the service's process, before anything of the service is there. */
export type TakeOut = () => Variant | Promise<Variant>;

/** What a built file of a service exports: no tool may depend on a service when it is compiled. */
export async function partOf<T>(service: string, file: string): Promise<T> {
  return (await import(pathToFileURL(path.join(workspaceRoot, 'apps', service, 'dist', file)).href)) as T;
}
