import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { TallyCounter } from './tally-counter.js';

/** All that is counted, by its name. */
@Injectable()
export class KafkaMetrics {
  /** What `/metrics` prints: `await registry.metrics()`. */
  readonly registry = new Registry();

  /** By topic, group and outcome: `handled`, `dead-letter` and what else an event or a request can come to. */
  readonly handled = new TallyCounter({
    name: 'kafka_messages_handled_total',
    help: 'Messages by outcome',
    labelNames: ['topic', 'group', 'outcome'] as const,
    registers: [this.registry],
  });
  /** By topic and result. */
  readonly attempts = new TallyCounter({
    name: 'kafka_handler_attempts_total',
    help: 'Calls of handlers by result',
    labelNames: ['topic', 'result'] as const,
    registers: [this.registry],
  });
  /** Seconds in handlers, by topic. */
  readonly duration = new Histogram({
    name: 'kafka_handler_seconds',
    help: 'Time in handlers',
    labelNames: ['topic'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30],
    registers: [this.registry],
  });
  /** By topic: handlers that still ran after their time limit and its grace. */
  readonly abandoned = this.#counter('kafka_handlers_abandoned_total', 'Calls that nobody waits for any more', [
    'topic',
  ]);
  /** By topic: messages failed alike and none got through, so lanes waited. */
  readonly outages = this.#counter('kafka_outages_suspected_total', 'Messages that failed alike, lanes that waited', [
    'topic',
  ]);
  /** By topic and code of the error. */
  readonly deadLetters = this.#counter('kafka_dead_letters_total', 'Messages given up on', ['topic', 'code']);
  /** By topic and code of the error: a handler gave up on a dead letter of another service. */
  readonly deadLettersLetBe = this.#counter('kafka_dead_letters_unhandled_total', "Others' dead letters given up on", [
    'topic',
    'code',
  ]);
  /** By topic and result: `ok`, or the code of the error that the caller got. */
  readonly published = this.#counter('kafka_messages_published_total', 'Messages sent, by result', ['topic', 'result']);
  /** Each may stand in its topic twice, with the same `ce_id`. */
  readonly resent = this.#counter('kafka_messages_resent_total', 'Messages sent again, the first in doubt', []);
  /** By topic and result: `ok`, `timeout`, `failed`, `not-sent`. */
  readonly asks = this.#counter('kafka_requests_total', 'Requests asked, by result', ['topic', 'result']);
  /** By reason: `late`, `foreign` (asked by another replica), `unreadable`. */
  readonly repliesDropped = this.#counter('kafka_replies_dropped_total', 'Replies for nobody here', ['reason']);
  /** By reason. */
  readonly unanswered = this.#counter('kafka_requests_unanswered_total', 'Requests without a way to answer', [
    'reason',
  ]);
  /** By topic and group: retention was shorter than the group was behind. */
  readonly vanished = this.#counter('kafka_records_vanished_total', 'Records deleted before they were read', [
    'topic',
    'group',
  ]);
  /** By group. */
  readonly rebalances = this.#counter('kafka_rebalances_total', 'Generations joined', ['group']);
  /** By group, and whether the consumer restarts by itself. */
  readonly crashes = this.#counter('kafka_consumer_crashes_total', 'Consumer crashes', ['group', 'restarts']);
  /** By group, at this moment. */
  readonly assigned = new Gauge({
    name: 'kafka_partitions_assigned',
    help: 'Partitions that this replica has',
    labelNames: ['group'],
    registers: [this.registry],
  });

  /** By group, at this moment. */
  readonly laneBytes = new Gauge({
    name: 'kafka_lane_bytes',
    help: 'Bytes of records that wait for a handler or are in one',
    labelNames: ['group'],
    registers: [this.registry],
    collect: () => {
      for (const [group, bytes] of this.#lanes) this.laneBytes.set({ group }, bytes());
    },
  });
  readonly #lanes = new Map<string, () => number>();

  /** @param bytes says what a group's lanes hold, whenever metrics are read */
  watchLanes(group: string, bytes: () => number): void {
    this.#lanes.set(group, bytes);
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
