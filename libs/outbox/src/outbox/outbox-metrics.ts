import { KafkaMetrics } from '@fieldguide/kafka';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import type { SideConnection } from '../relay/side-connection.js';

/** Beyond, more is not counted: it would cost the database more than the figure is worth. */
const MOST = 100_000;

interface Figures {
  readonly waiting: number;
  readonly aside: number;
  readonly oldest: number;
}

/** What is counted of an outbox, in the registry of KafkaMetrics. The gauges are asked of the database at each scrape. */
@Injectable()
export class OutboxMetrics {
  /** By this replica. */
  readonly relayed: Counter;
  /** 1 in the replica that relays. */
  readonly active: Gauge;

  constructor({ registry }: KafkaMetrics, side: Pick<SideConnection, 'query'>) {
    const registers = [registry];
    const help = 'Events that this replica has published out of the outbox';
    this.relayed = new Counter({ name: 'outbox_relayed_total', help, registers });
    this.active = new Gauge({ name: 'outbox_relay_active', help: '1 in the replica that relays', registers });
    const gauge = (name: string, about: string, figure: keyof Figures) =>
      new Gauge({
        name,
        help: about,
        registers,
        collect: async function (this: Gauge) {
          this.set((await ask())[figure]);
        },
      });
    const ask = sharing(() => figuresOf(side));
    gauge('outbox_waiting', `Events that wait in the outbox, at most ${MOST} of them`, 'waiting');
    gauge('outbox_oldest_seconds', 'Age of the oldest event that waits', 'oldest');
    gauge('outbox_set_aside', 'Events that the broker will never take', 'aside');
    this.active.set(0);
  }
}

/** What nobody knows is no number. */
async function figuresOf(side: Pick<SideConnection, 'query'>): Promise<Figures> {
  const [figures] = await side.query<Figures>(FIGURES, [MOST]).catch(() => []);
  return figures ?? { waiting: NaN, aside: NaN, oldest: NaN };
}

/** Who asks while a question is open gets its answer. */
function sharing<T>(ask: () => Promise<T>): () => Promise<T> {
  let open: Promise<T> | undefined;
  return () => (open ??= ask().finally(() => (open = undefined)));
}

const FIGURES = `
  select (select count(*)::int from (
      select from outbox where sent_at is null and set_aside_at is null limit $1) as counted) as waiting,
    (select count(*)::int from outbox where sent_at is null and set_aside_at is not null) as aside,
    coalesce((select extract(epoch from now() - stored_at) from outbox
      where sent_at is null and set_aside_at is null order by position limit 1), 0)::float8 as oldest`;
