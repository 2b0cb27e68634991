import Decoder, { type HeaderDecoder, type VarIntArrayReader } from 'kafkajs/src/protocol/decoder.js';

type Value = Buffer | null;
type Headers = Record<string, Value | Value[]>;

/**
 * Reads the headers of a record one by one. kafkajs copies all that it has read for each further header, so that a record of
 * 100 KB with 10 000 of them blocks the process for longer than any session lasts, and everybody who gets it next; and it
 * takes a name that every object has, `toString`, for a header that was there before.
 */
export function readHeadersOnce(): void {
  if (typeof Decoder.prototype.readVarIntArray !== 'function') {
    throw new Error('kafkajs does not read headers as version 2.2.4 does.');
  }
  Decoder.prototype.readVarIntArray = readHeaders;
}

/** kafkajs reads nothing but headers this way, and reduces them to one object. */
function readHeaders(this: HeaderDecoder, read: Parameters<VarIntArrayReader>[0]): { reduce(): Headers } {
  const headers: Headers = {};
  for (let left = this.readVarInt(); left > 0; left--) {
    const { key, value } = read(this);
    if (!Object.hasOwn(headers, key)) addField(headers, key, value);
    else if (Array.isArray(headers[key])) headers[key].push(value);
    else addField(headers, key, [headers[key] as Value, value]);
  }
  return { reduce: () => headers };
}

/** Also one that is called `__proto__`: to assign it would change what the object is. */
export function addField<T>(fields: Record<string, T>, name: string, value: NoInfer<T>): void {
  if (name !== '__proto__') fields[name] = value;
  else Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}
