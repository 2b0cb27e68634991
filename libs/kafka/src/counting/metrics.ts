import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { TallyCounter } from './tally-counter.js';

/** All that is counted, by its name. */
@Injectable()
export class KafkaMetrics {
  readonly registry = new Registry();

  readonly handled = new TallyCounter({
    name: 'kafka_messages_handled_total',
    help: 'Messages by outcome',
    labelNames: ['topic', 'group', 'outcome'] as const,
    registers: [this.registry],
  });
  readonly attempts = new TallyCounter({
    name: 'kafka_handler_attempts_total',
    help: 'Calls of handlers by result',
    labelNames: ['topic', 'result'] as const,
    registers: [this.registry],
  });
  readonly duration = new Histogram({
    name: 'kafka_handler_seconds',
    help: 'Time in handlers',
    labelNames: ['topic'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30],
    registers: [this.registry],
  });
  readonly deadLetters = this.#counter('kafka_dead_letters_total', 'Messages given up on', ['topic', 'code']);
  readonly published = this.#counter('kafka_messages_published_total', 'Messages sent, by result', ['topic', 'result']);
  readonly resent = this.#counter('kafka_messages_resent_total', 'Messages sent again after a lost answer', []);
  readonly asks = this.#counter('kafka_requests_total', 'Requests asked, by result', ['topic', 'result']);
  readonly repliesDropped = this.#counter('kafka_replies_dropped_total', 'Replies for nobody here', ['reason']);
  readonly unanswered = this.#counter('kafka_requests_unanswered_total', 'Requests without a way to answer', [
    'reason',
  ]);
  readonly rebalances = this.#counter('kafka_rebalances_total', 'Generations joined', ['group']);
  readonly crashes = this.#counter('kafka_consumer_crashes_total', 'Consumer crashes', ['group', 'restarts']);
  readonly assigned = new Gauge({
    name: 'kafka_partitions_assigned',
    help: 'Partitions that this replica has',
    labelNames: ['group'],
    registers: [this.registry],
  });

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
