import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { ConsumedRecord, WireHeaders } from '../client/index.js';
import { ContractViolationError, contractOf, fulfil, type RequestContract } from '../contract/index.js';
import { runOnTrail } from '../correlation/correlation.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import { NotPublishedError, RequestError } from '../errors.js';
import { classify, isError, NotJsonError } from '../errors-and-retries/classify.js';
import type { HandlerCalls, Place } from '../handling/handler-calls.js';
import { Incoming, readPayload } from '../handling/incoming.js';
import type { LaneControl, Outcome } from '../handling/lane-control.js';
import type { ContractHandler } from '../handling/registered-handler.js';
import { messageHeaders } from '../publishing/message-headers.js';
import type { RecordSender } from '../publishing/record-sender.js';
import {
  CORRELATION_ID,
  NEST_ERROR,
  NEST_IS_DISPOSED,
  REPLICA,
  type ReplyAddress,
  replyAddress,
  type WireError,
} from './wire.js';

type Answer = { value: object } | { error: Error };

/** Handles one request to its end: the answer is acknowledged by the broker before the request's offset moves on. */
export class Answering {
  readonly #logger = new Logger('Requests');

  constructor(
    private readonly service: string,
    /** Its client id. */
    private readonly replica: string,
    private readonly sender: RecordSender,
    private readonly deadLetters: DeadLetters,
    private readonly metrics: KafkaMetrics,
    private readonly calls: HandlerCalls,
    /** Topics of contracts: nobody's reply belongs there. */
    private readonly contractTopics: ReadonlySet<string>,
  ) {}

  handle(record: ConsumedRecord, handler: ContractHandler, place: Place): Promise<Outcome> {
    const incoming = new Incoming(record);
    // Every line of the log about this request carries its correlation id.
    return runOnTrail(incoming, () => this.#handle(incoming, handler, place));
  }

  async #handle(incoming: Incoming, handler: ContractHandler, place: Place): Promise<Outcome> {
    const { lane, group } = place;
    const { record } = incoming;
    const address = replyAddress(record);
    const answer = await this.#answer(incoming, handler, place);
    if (lane.lost.aborted) return 'interrupted';
    const sent = address ? await this.#send(incoming, address, answer, lane) : 'no way to answer';
    if (sent === 'interrupted') return sent;
    if (sent !== 'answered') {
      this.metrics.unanswered.inc({ reason: sent });
      this.#logger.warn(`${handler.name}: ${sent} (request ${short(incoming.id)})`);
    }
    if (sent !== 'answered' && 'error' in answer) {
      const attempts = incoming.attempt;
      const kind = 'request' as const;
      const why = { group: group.groupId, handler: handler.name, attempts, error: answer.error, kind };
      if ((await this.deadLetters.bury(record, why, lane)) === 'interrupted') return 'interrupted';
    }
    this.calls.settled(incoming, handler, group, outcomeOf(answer, sent === 'answered'));
    return 'settled';
  }

  #answer(incoming: Incoming, handler: ContractHandler, place: Place): Promise<Answer> {
    const payload = readPayload(incoming.record, handler.contract);
    if (isError(payload)) return Promise.resolve({ error: payload });
    const { reply } = contractOf(handler.contract) as RequestContract;
    return this.calls.call<Answer>(
      incoming,
      payload,
      handler,
      place,
      (result) => this.#fulfilReply(handler, reply, result),
      (error) => ({ error }),
    );
  }

  /** A reply that breaks its contract is this service's mistake, not the asker's. */
  #fulfilReply(handler: ContractHandler, reply: RequestContract['reply'], result: unknown): Answer {
    try {
      return { value: fulfil(reply, result) };
    } catch (cause) {
      return { error: new Error(`${handler.name} returned no ${reply.name}: ${(cause as Error).message}`, { cause }) };
    }
  }

  /** `answered`, or why nobody can be told. */
  async #send(
    incoming: Incoming,
    address: ReplyAddress,
    answer: Answer,
    lane: LaneControl,
  ): Promise<'answered' | 'interrupted' | 'reply address refused' | 'no way to answer'> {
    if (!this.#isReplyTopic(address.topic)) return 'reply address refused';
    if ('error' in answer && !(answer.error instanceof RequestError)) {
      this.#logger.warn(`Request ${short(incoming.id)} failed: ${answer.error.message}`);
    }
    for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      try {
        await this.#reply(incoming.record, address, answer);
        return 'answered';
      } catch (error) {
        if (error instanceof NotPublishedError && error.reason === 'UNKNOWN_PARTITION') {
          // Better said where the asker may look than not at all: who reads every partition knows its ids.
          address = { ...address, partition: undefined };
          continue;
        }
        if (classify(error as Error) !== 'wait-for-dependency') {
          const tooLarge = error instanceof NotPublishedError && error.reason === 'TOO_LARGE';
          if (!tooLarge || 'error' in answer) {
            this.#logger.warn(`Request ${short(incoming.id)} has no reply: ${(error as Error).message}`);
            return 'no way to answer';
          }
          answer = { error: new RequestError('REPLY_TOO_LARGE', error.message) };
          continue;
        }
      }
      if (!(await lane.pause(pauseMs))) return 'interrupted';
    }
  }

  async #reply(record: ConsumedRecord, address: ReplyAddress, answer: Answer): Promise<void> {
    const type = `${record.topic}.reply`;
    const headers: Record<string, WireHeaders[string]> = {
      ...messageHeaders({ id: randomUUID(), type, service: this.service, time: new Date() }),
      [CORRELATION_ID]: address.correlationId,
      [REPLICA]: Buffer.from(this.replica),
      // NestJS tests its presence; without it `lastValueFrom` never completes.
      [NEST_IS_DISPOSED]: Buffer.alloc(1),
    };
    if ('error' in answer) headers[NEST_ERROR] = Buffer.from(JSON.stringify(toWireError(answer.error)));
    const value = 'error' in answer ? null : Buffer.from(JSON.stringify(answer.value));
    const { topic, partition } = address;
    await this.sender.send({
      topic,
      key: record.key,
      value,
      headers,
      ...(partition === undefined ? {} : { partition }),
    });
  }

  /** The asker names the topic, and could name any: events, retries and dead letters are not written for it. */
  #isReplyTopic(topic: string): boolean {
    return !this.contractTopics.has(topic) && !/\.(retry|dead-letters)(\.|$)/.test(topic);
  }
}

/** Ids are foreign input, of any length. */
const short = (id: string): string => id.slice(0, 100);

function outcomeOf(answer: Answer, sent: boolean): string {
  if ('error' in answer) return sent ? 'error' : 'dead-letter';
  return sent ? 'answered' : 'unanswered';
}

function toWireError(error: Error): WireError {
  if (error instanceof RequestError) return { code: error.code, message: error.message };
  if (error instanceof ContractViolationError || error instanceof NotJsonError) {
    return { code: error.code, message: error.message };
  }
  return { code: 'INTERNAL', message: 'The request failed.' };
}
