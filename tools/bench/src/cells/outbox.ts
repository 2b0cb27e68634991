import { type Cell, CPU, P50, P99, RATE } from './cell.js';

const writes = { warmUp: 4_000, measured: 16_000 };
const PLAIN = 'a plain second insert';

export const orderWrite: Cell = {
  name: 'order-write',
  title: 'an order and the news of it in one transaction, 64 callers, a pool of 20 connections',
  partitions: 6,
  keys: 64,
  topic: 'empty',
  database: 'empty',
  sides: [
    {
      name: 'ours, relayed later',
      program: 'ours/order-write',
      options: { outbox: true, relay: 'later' },
      ...writes,
    },
    { name: 'ours, and relays', program: 'ours/order-write', options: { outbox: true }, ...writes },
    { name: PLAIN, program: 'ours/order-write', ...writes },
  ],
  metrics: [{ ...RATE, unit: 'orders/s' }, { ...CPU, unit: 'CPU µs/order' }, P50, P99],
  targets: [
    { metric: 'rate', side: 'ours, relayed later', versus: PLAIN, atLeast: 0.95 },
    { metric: 'rate', side: 'ours, and relays', versus: PLAIN, atLeast: 0.95 },
  ],
};

const ONE_BY_ONE = 'poll, send, mark, one by one';
const DATABASE = 'PostgreSQL alone: ours, to nobody';
const PRODUCER = 'kafkajs alone, batches of 1 000';
const events = { warmUp: 40_000, measured: 160_000 };

export const relayDrain: Cell = {
  name: 'relay-drain',
  title: 'a full outbox is published and marked',
  partitions: 6,
  keys: 1_200,
  topic: 'readBack',
  database: 'preload',
  sides: [
    { name: 'ours', program: 'ours/relay', ...events },
    { name: ONE_BY_ONE, program: 'raw/poll-send-mark', warmUp: 400, measured: 2_000 },
    { name: DATABASE, program: 'ours/relay', options: { toNobody: true }, topic: 'empty', ...events },
    { name: PRODUCER, program: 'raw/publish-batches', database: 'empty', ...events },
  ],
  metrics: [
    { ...RATE, unit: 'events/s' },
    { ...CPU, unit: 'CPU µs/event' },
  ],
  targets: [
    { metric: 'rate', side: 'ours', versus: ONE_BY_ONE, atLeast: 20 },
    { metric: 'rate', side: 'ours', versus: [DATABASE, PRODUCER], atLeast: 0.8 },
  ],
};

export const relayMillion: Cell = {
  name: 'relay-million',
  title: 'a million events in the outbox: memory while they are published',
  partitions: 6,
  keys: 1_200,
  topic: 'readBack',
  database: 'preload',
  rounds: 'half',
  control: false,
  sides: [{ name: 'ours', program: 'ours/relay', warmUp: 0, measured: 1_000_000 }],
  metrics: [
    { name: 'growth', unit: 'RSS, most of the last quarter to the second', best: 'low' },
    { name: 'secondQuarter', unit: 'MB, second quarter', best: 'low' },
    { name: 'lastQuarter', unit: 'MB, last quarter', best: 'low' },
    { ...RATE, unit: 'events/s' },
    { ...CPU, unit: 'CPU µs/event' },
  ],
  targets: [{ metric: 'growth', side: 'ours', atMost: 1.1 }],
};

const one = { warmUp: 500, measured: 1_500 };
const DIRECT = 'ours, published directly';

export const relayDelay: Cell = {
  name: 'relay-delay',
  title: 'from the commit until the handler is called, one event at a time',
  partitions: 6,
  keys: 1,
  topic: 'empty',
  database: 'empty',
  sides: [
    { name: 'ours, this replica relays', program: 'ours/delay', options: { relay: 'here' }, ...one },
    { name: 'ours, another replica relays', program: 'ours/delay', options: { relay: 'elsewhere' }, ...one },
    { name: DIRECT, program: 'ours/delay', options: { relay: 'none' }, ...one },
  ],
  metrics: [P50, P99],
  targets: [
    { metric: 'p50', side: 'ours, this replica relays', versus: DIRECT, atMostMore: 1.5 },
    { metric: 'p50', side: 'ours, another replica relays', versus: DIRECT, atMostMore: 1.5 },
  ],
};

const still = { program: 'ours/relay-replica', warmUp: 0, measured: 0 };

export const relayTakeOver: Cell = {
  name: 'relay-take-over',
  title: 'two replicas: the one that relays is killed or frozen, until the other one publishes',
  partitions: 6,
  keys: 1,
  topic: 'empty',
  story: 'relay-take-over',
  database: 'empty',
  control: false,
  sides: [
    { name: 'ours, killed', options: { signal: 'SIGKILL' }, ...still },
    { name: 'ours, frozen', options: { signal: 'SIGSTOP' }, slow: true, ...still },
  ],
  metrics: [{ name: 'takeover', unit: 'ms until it goes on', best: 'low' }],
  // A consumer's session timeout is 6 s; a relay that says nothing keeps its place for 15 s.
  targets: [
    { metric: 'takeover', side: 'ours, killed', atMost: 6_600 },
    { metric: 'takeover', side: 'ours, frozen', atMost: 16_500 },
  ],
};
