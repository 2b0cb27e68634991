import type { INestApplication, Type } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { KafkaTransport } from '../bootstrap/kafka.transport.js';
import {
  BrokerAdmin,
  describeFailure,
  isPassing,
  KafkaConnection,
  type KafkaSettings,
  withDefaults,
} from '../client/index.js';
import { NotReadyError, SettingsError } from '../errors.js';
import { metadataOf } from '../topology/topology-of.js';
import type { ReplayFailure } from './replay-handling.js';
import { candidatesAmong, chosenFrom, type Range, rangesOf, type Refusal, sizeOf } from './replay-plan.js';
import { REPLAY_USAGE, type ReplayRequest, replayRequest } from './replay-request.js';

/** A service whose handlers may get events of the past once more. */
export interface ReplayedService {
  /** Its root module: what it handles is read from metadata. */
  readonly appModule: Type;
  /** How it reaches the broker. Called once it is understood what is wanted. */
  settings(): KafkaSettings;
  /**
   * Makes the app, with whatever is global in it; neither initialised nor listening. Called when nothing is refused and
   * there is something to read, and never for a dry run.
   */
  createApp(): Promise<INestApplication>;
}

/** Where a replay tells what it does, and who ends it early. */
export interface ReplayIo {
  /** Takes each line of the result. */
  out(line: string): void;
  /** Takes each line about what goes on. */
  progress(line: string): void;
  /** Ends the replay early, in order: what runs is finished. Default: it goes to its end. */
  readonly signal?: AbortSignal;
}

/** Between two lines about how far it is, in ms. */
const TOLD_EVERY_MS = 2_000;

/**
 * Hands events of the past to a service's own handlers once more, guards and pipes included, in a group
 * `<service>.replay.<random>` that commits nothing and is deleted at the end. It may run beside the service itself. No
 * HTTP, no hooks of modules (`onModuleInit`, `onApplicationBootstrap`), no topics, no other groups. A failure is reported,
 * after the attempts in place, and goes neither to a retry topic nor to the dead letters.
 * @param args of the command line, see `--help`
 * @returns the exit code: 0, or 1 where something failed, was refused, or is left
 * @throws SettingsError, NotReadyError: a sentence for who typed it
 */
export async function runReplay(service: ReplayedService, args: readonly string[], io: ReplayIo): Promise<number> {
  const request = replayRequest(args, Date.now());
  if (request.help) {
    io.out(REPLAY_USAGE);
    return 0;
  }
  const { definition, handlers } = await metadataOf(service.appModule);
  const { chosen, refused } = chosenFrom(candidatesAmong(handlers), request);
  if (refused.length > 0 && !request.dryRun)
    throw new SettingsError(
      sentenceOn(
        refused,
        chosen.map(({ handler }) => handler),
      ),
    );
  const random = randomBytes(6).toString('hex');
  // A number would make it the ghost of a replica that runs.
  const settings = withDefaults({ ...service.settings(), replica: undefined });
  const connection = new KafkaConnection(`${definition.service}-replay`, settings, random);
  const admin = new BrokerAdmin(connection);
  try {
    const ranges = await rangesOf(chosen, request, admin);
    if (request.dryRun) return tellPlan(ranges, refused, request, io);
    const filled = ranges.filter((range) => sizeOf(range) > 0);
    if (filled.length === 0) {
      if (request.json) io.out(JSON.stringify({ replayed: 0, failed: 0, left: [] }));
      else io.out('There is nothing to replay: no record is in that range.');
      return 0;
    }
    return await replay(
      service,
      filled,
      { connection, admin, groupId: `${definition.service}.replay.${random}` },
      request,
      io,
    );
  } catch (error) {
    if (!isPassing(error)) throw error;
    throw new NotReadyError(`Kafka does not answer at ${connection.address}: ${describeFailure(error)}`, {
      cause: error,
    });
  } finally {
    await admin.close();
  }
}

async function replay(
  service: ReplayedService,
  ranges: readonly Range[],
  where: { readonly connection: KafkaConnection; readonly admin: BrokerAdmin; readonly groupId: string },
  { json }: ReplayRequest,
  io: ReplayIo,
): Promise<number> {
  const total = ranges.reduce((sum, range) => sum + sizeOf(range), 0);
  const app = await service.createApp();
  try {
    const transport = app.get(KafkaTransport);
    app.connectMicroservice({ strategy: transport }, { inheritAppConfig: true });
    const tellFailure = (failure: ReplayFailure) =>
      json ? io.out(JSON.stringify({ failure })) : io.out(sentenceAbout(failure));
    const run = transport.replay(ranges, where, tellFailure);
    io.progress(`Replays ${total} records in group ${where.groupId}; Ctrl-C ends it.`);
    const told = setInterval(
      () => io.progress(`${run.handling.replayed + run.handling.failed} of ${total} …`),
      TOLD_EVERY_MS,
    );
    const stop = () => void run.group.stop();
    io.signal?.addEventListener('abort', stop, { once: true });
    try {
      if (io.signal?.aborted) stop();
      else await run.group.run();
    } finally {
      clearInterval(told);
      io.signal?.removeEventListener('abort', stop);
      await run.group.stop();
    }
    const { replayed, failed } = run.handling;
    const left = run.group.left;
    if (json) io.out(JSON.stringify({ replayed, failed, left: left.map(factsOf) }));
    else tellEnd(replayed, failed, left, io);
    return failed === 0 && left.length === 0 ? 0 : 1;
  } finally {
    await app.close();
  }
}

function tellPlan(
  ranges: readonly Range[],
  refused: readonly Refusal[],
  { json }: ReplayRequest,
  io: ReplayIo,
): number {
  if (json) {
    for (const range of ranges) io.out(JSON.stringify(factsOf(range)));
    for (const refusal of refused) io.out(JSON.stringify({ refused: refusal }));
  } else {
    for (const range of ranges) {
      const { topic, partition, from, to, handler } = range;
      const records = sizeOf(range);
      const what = records > 0 ? `${from} to ${to - 1n}: ${records} records for ${handler}` : `nothing for ${handler}`;
      io.out(`${topic}/${partition}  ${what}`);
    }
    for (const { handler, topic, reason } of refused) io.out(`refused: ${handler} (${topic}) ${reason}`);
    const total = ranges.reduce((sum, range) => sum + sizeOf(range), 0);
    io.out(`Dry run: ${total} records would be handled once more. Nothing was.`);
  }
  return refused.length === 0 ? 0 : 1;
}

function tellEnd(replayed: number, failed: number, left: readonly Range[], io: ReplayIo): void {
  for (const { topic, partition, from, to } of left) {
    io.out(`left: ${topic}/${partition} --topic ${topic} --partition ${partition} --offset ${from} --to-offset ${to}`);
  }
  io.out(`${replayed} replayed, ${failed} failed${left.length > 0 ? '; ended before its end' : ''}.`);
}

const factsOf = (range: Range) => ({
  ...{ topic: range.topic, partition: range.partition, handler: range.handler },
  ...{ from: range.from.toString(), to: range.to.toString(), records: sizeOf(range) },
});

const sentenceAbout = ({ topic, partition, offset, id, handler, attempts, error, message }: ReplayFailure): string =>
  `failed: ${topic}/${partition} offset ${offset} (${id}) at ${handler}, ${attempts} attempts: ${error}: ${message.replace(/\s+/g, ' ')}`;

function sentenceOn(refused: readonly Refusal[], allowed: readonly string[]): string {
  const lines = refused.map(({ handler, topic, reason }) => `${handler} (${topic}) ${reason}.`);
  const wayOut =
    allowed.length > 0
      ? `Nothing was read. Those that may be replayed: ${allowed.map((handler) => `--handler ${handler}`).join(' ')}`
      : 'Nothing was read.';
  return `${lines.join('\n')}\n${wayOut}`;
}
