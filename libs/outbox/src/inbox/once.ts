import { Inject } from '@nestjs/common';
import { keepMetadata } from '../transactions/transactional.js';
import { Inbox } from './inbox.js';

/** How `@Once()` knows its rows. */
export interface OnceOptions {
  /** What its rows are kept under, so that the class can be renamed. Default: `Class.method`. */
  readonly as?: string;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any function: what it returns is what is checked here
type AsyncMethod = (...parameters: any[]) => Promise<unknown>;

type Checked<M extends AsyncMethod> =
  undefined extends Awaited<ReturnType<M>>
    ? TypedPropertyDescriptor<M>
    : { 'this method must allow undefined, which is what a duplicate returns': Awaited<ReturnType<M>> };

const INBOX = Symbol('Inbox');
const NAME = Symbol('@Once()');

/**
 * Runs a method once for each event: what it writes, the outbox rows among that, and the inbox row that says so are one
 * transaction. Called again for the same event (by its `ce_id`), also by another replica at the same time, it is left out
 * and resolves with undefined. For a handler, or for a method of a provider that a handler calls, where not all of its
 * work may be in a transaction. In a replay it runs in a transaction, and the inbox is not asked.
 * @throws SettingsError outside of a message, at the call
 */
export function Once({ as }: OnceOptions = {}) {
  return <M extends AsyncMethod>(target: object, key: string | symbol, descriptor: Checked<M>): void => {
    const property = descriptor as TypedPropertyDescriptor<AsyncMethod>;
    const method = property.value;
    if (!method) throw new TypeError(`@Once() is for methods, and ${String(key)} is none.`);
    const name = as ?? `${target.constructor.name}.${String(key)}`;
    Inject(Inbox)(target, INBOX);
    const once = function (this: { [INBOX]: Inbox }, ...parameters: unknown[]): Promise<unknown> {
      return this[INBOX].once(name, () => method.apply(this, parameters));
    };
    keepMetadata(method, once);
    Reflect.defineMetadata(NAME, name, once);
    property.value = once;
  };
}

/** What a method's rows are kept under; undefined of one without `@Once()`. */
export const onceName = (method: object): string | undefined => Reflect.getMetadata(NAME, method) as string | undefined;
