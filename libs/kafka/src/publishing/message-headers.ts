import type { WireHeaders } from '../client/index.js';
import { currentTrail, trailFrom } from '../correlation/correlation.js';

export interface MessageFacts {
  readonly id: string;
  /** The contract's topic. */
  readonly type: string;
  readonly service: string;
  readonly time: Date;
}

/**
 * CloudEvents 1.0 in Kafka's binary mode, W3C trace context, and the correlation id of what caused the message.
 * Source: cloudevents.io, Kafka Protocol Binding, section 3.2.
 */
export function messageHeaders({ id, type, service, time }: MessageFacts): WireHeaders {
  const cause = currentTrail();
  const trail = trailFrom(cause?.correlationId, cause?.traceparent);
  return {
    ce_specversion: SPEC_VERSION,
    ce_id: Buffer.from(id),
    ce_type: bytesOf(type),
    ce_source: bytesOf(`/${service}`),
    ce_time: Buffer.from(time.toISOString()),
    'content-type': JSON_TYPE,
    traceparent: Buffer.from(trail.traceparent),
    'correlation-id': Buffer.from(trail.correlationId),
  };
}

const SPEC_VERSION = Buffer.from('1.0');
const JSON_TYPE = Buffer.from('application/json');

/** Of types and services there are few, and each message names them. */
const known = new Map<string, Buffer>();

function bytesOf(text: string): Buffer {
  let bytes = known.get(text);
  if (!bytes) {
    bytes = Buffer.from(text);
    known.set(text, bytes);
  }
  return bytes;
}
