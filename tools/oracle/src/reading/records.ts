import type { IHeaders } from 'kafkajs';
import {
  type DeadLetter,
  type EventRecord,
  type Money,
  ORDER_PLACED,
  PAYMENT_CAPTURED,
  PAYMENT_DECLINED,
  PRICE_LIST_CHANGED,
} from '../history.js';
import type { Broker, FoundRecord } from './broker.js';

const OF_ORDERS = [ORDER_PLACED, PAYMENT_CAPTURED, PAYMENT_DECLINED];
const EVENT_TOPICS = [...OF_ORDERS, PRICE_LIST_CHANGED];

export interface ReadEvents {
  readonly records: EventRecord[];
  /** Topic → since when it is whole, where its oldest records are gone. */
  readonly wholeSince: Record<string, string>;
}

/** What is judged of all records of the event topics; of these orders only, where they are named. */
export async function readEvents(broker: Broker, orders?: ReadonlySet<string>): Promise<ReadEvents> {
  const there = await broker.topics();
  const topics = EVENT_TOPICS.filter((topic) => there.includes(topic));
  const records: EventRecord[] = [];
  const oldest = new Map<string, string>();
  const cut = await broker.read(topics, (found) => {
    const record = readEvent(found);
    const lane = `${record.topic}/${record.partition}`;
    if (!oldest.has(lane)) oldest.set(lane, timeOf(found));
    if (!orders || orders.has(record.orderId ?? '')) records.push(record);
  });
  const wholeSince: Record<string, string> = {};
  for (const lane of cut) {
    const topic = lane.slice(0, lane.lastIndexOf('/'));
    const since = oldest.get(lane) ?? new Date().toISOString();
    if (OF_ORDERS.includes(topic) && since > (wholeSince[topic] ?? '')) wholeSince[topic] = since;
  }
  return { records, wholeSince };
}

export function readEvent(found: FoundRecord): EventRecord {
  const { topic, partition, message } = found;
  const { offset, key, headers = {} } = message;
  return {
    ...{ topic, partition, offset: Number(offset), key: key?.toString() ?? '' },
    id: textOf(headers, 'ce_id') ?? `${topic}/${partition}/${offset}`,
    foreign: textOf(headers, 'ce_source') !== `/${topic.split('.', 1)[0] ?? ''}`,
    at: isoOf(textOf(headers, 'ce_time')) ?? timeOf(found),
    ...(OF_ORDERS.includes(topic) && key && { orderId: key.toString().toLowerCase() }),
    ...factsIn(message.value),
  };
}

type Facts = Pick<EventRecord, 'orderId' | 'amount' | 'email' | 'paymentId' | 'revision'>;

/** What is there and of its kind: others write here, too. */
function factsIn(value: Buffer | null): Facts {
  const payload = parse(value);
  const amount = moneyIn(payload['total'] ?? payload['amount']);
  const { orderId, customerEmail, paymentId, revision } = payload;
  return {
    ...(typeof orderId === 'string' && { orderId: orderId.toLowerCase() }),
    ...(typeof customerEmail === 'string' && { email: customerEmail }),
    ...(typeof paymentId === 'string' && { paymentId }),
    ...(typeof revision === 'number' && { revision }),
    ...(amount && { amount }),
  };
}

function parse(value: Buffer | null): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value?.toString() ?? 'null');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {}; // poison
  }
}

function moneyIn(value: unknown): Money | undefined {
  const { cents, currency } = (value ?? {}) as Partial<Money>;
  return typeof cents === 'number' && typeof currency === 'string' ? { cents, currency } : undefined;
}

/** Of all services that keep some; without those that were redriven or discarded. */
export async function readDeadLetters(broker: Broker): Promise<DeadLetter[]> {
  const there = await broker.topics();
  const topics = there.filter((topic) => topic.endsWith('.dead-letters'));
  const settled = new Set<string>();
  await broker.read(
    there.filter((topic) => topic.endsWith('.dead-letters.settled')),
    ({ topic, message }) => settled.add(`${serviceOf(topic)} ${message.key?.toString() ?? ''}`),
  );
  const letters: DeadLetter[] = [];
  await broker.read(topics, (found) => letters.push(readLetter(found)));
  return letters.filter(({ service, id }) => !settled.has(`${service} ${id}`));
}

export function readLetter(found: FoundRecord): DeadLetter {
  const { topic, partition, message } = found;
  const { headers = {}, key } = message;
  const origin = textOf(headers, 'kafka_dlt-original-topic') ?? '';
  return {
    ...{ service: serviceOf(topic), id: `${partition}/${message.offset}`, at: timeOf(found), topic: origin },
    ...(OF_ORDERS.includes(origin) && key && { orderId: key.toString() }),
    code: textOf(headers, 'dead-letter-code') ?? '',
    message: textOf(headers, 'kafka_dlt-exception-message') ?? '',
  };
}

const serviceOf = (topic: string): string => topic.slice(0, topic.indexOf('.dead-letters'));

const timeOf = ({ message }: FoundRecord): string => new Date(Number(message.timestamp)).toISOString();

function isoOf(text: string | undefined): string | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** The last one where a header is repeated. */
function textOf(headers: IHeaders, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value.at(-1) : value)?.toString();
}
