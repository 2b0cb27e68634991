import type { LoggerService, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { takeOutAcksOfAll } from './acks-of-all.js';
import { takeOutHandleBeforeCommit } from './handle-before-commit.js';
import { takeOutInbox } from './inbox.js';
import { takeOutProviderKey } from './provider-key.js';
import { takeOutPublishBeforeMark } from './publish-before-mark.js';
import type { TakeOut } from './variant.js';

const VARIANTS = {
  inbox: takeOutInbox,
  'publish-before-mark': takeOutPublishBeforeMark,
  'handle-before-commit': takeOutHandleBeforeCommit,
  'provider-key': takeOutProviderKey,
  'acks-of-all': takeOutAcksOfAll,
} satisfies Record<string, TakeOut>;

/** A safety device that a service can be run without. */
export type DeviceName = keyof typeof VARIANTS;

/**
 * For a file that a service loads before its own main: the service is its own main, with its own parts, but that Nest
 * injects something else for one of them.
 */
export async function takeOut(name: DeviceName): Promise<void> {
  const { imports = [], override = (builder) => builder } = await VARIANTS[name]();
  const create = async (appModule: Type, options: NestApplicationOptions & { logger: LoggerService }) => {
    const builder = Test.createTestingModule({ imports: [appModule, ...imports] }).setLogger(options.logger);
    const app = await override(builder).compile();
    return app.createNestApplication(options);
  };
  Object.assign(NestFactory, { create });
}
