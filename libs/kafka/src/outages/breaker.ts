import { isError, textOf } from '../errors-and-retries/classify.js';

/** How many different messages must fail alike, and none get through, to be taken for a dependency that is down. */
const ALIKE = 2;
/** How many leave no doubt: the next failure is an outage at once, and nothing is tried out of turn any more. */
const SURE = 5;
/** For so long fewer may be bad messages side by side, which the next good one tells, in ms. */
const YOUNG_MS = 500;
/** How long that is believed after the last message that failed so for the first time, in ms. */
const BELIEVED_MS = 60_000;
/** How many causes are told apart at a time. */
const CAUSES = 100;
/** How many messages are remembered that failed while others got through. */
const REMEMBERED = 1_000;

/** A dependency that is down: lanes wait until it is over. */
export class Outage {
  readonly #over = new AbortController();
  /** When a message said so that had not failed before, by `performance.now()`. */
  confirmedAt = performance.now();

  /** @param isGuess nobody threw DependencyDownError: messages failed alike */
  constructor(readonly isGuess: boolean) {}

  /** Fires when it is over, or not believed in any more. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** A guess that nothing has confirmed for a while: those messages may fail on their own account. */
  get isDoubtful(): boolean {
    return this.isGuess && performance.now() - this.confirmedAt > BELIEVED_MS;
  }

  end(): void {
    this.#over.abort();
  }
}

/** What fails alike. */
interface Failing {
  /** Of different messages. */
  readonly messages: Set<string>;
  outage: Outage | undefined;
}

/** From a first failure until a message that was begun after it got through. */
export class Trouble {
  readonly failing = new Map<string, Failing>();
  readonly #since = performance.now();
  readonly #over = new AbortController();

  /** Fires when a message gets through. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** How long few messages say little yet, in ms; 0 when they do. */
  get youthLeftMs(): number {
    return Math.max(0, this.#since + YOUNG_MS - performance.now());
  }

  end(): void {
    this.#over.abort();
  }

  of(cause: string): Failing {
    let failing = this.failing.get(cause);
    if (!failing) this.failing.set(cause, (failing = { messages: new Set(), outage: undefined }));
    return failing;
  }

  /** What fails for longest, where more is kept than can matter. */
  get surplus(): string | undefined {
    return this.failing.size > CAUSES ? this.failing.keys().next().value : undefined;
  }
}

/**
 * One handler's failures, and what they say: whether something is wrong with a message, or with what the handler depends
 * on. Whoever failed while another message got through fails on its own account, now and later.
 */
export class Breaker {
  /** Whatever fails. */
  trouble: Trouble | undefined;
  readonly #onTheirOwn = new Set<string>();

  /**
   * @param guesses whether messages that fail alike are taken for an outage
   * @param onGuess is told when they are
   */
  constructor(
    private readonly guesses: boolean,
    private readonly onGuess: (messages: number, cause: string) => void,
  ) {}

  /** A handler has said that something is down. */
  isDown(cause: string): Outage {
    // Apart from what fails: one code may stand for both, and what is said here explains no failure of a message.
    return (this.#failing(`down: ${cause}`).outage ??= new Outage(false));
  }

  /** A message failed. @returns the outage that explains it, where one is believed in */
  failed(message: string, cause: string): Outage | undefined {
    if (!this.guesses || this.#onTheirOwn.has(message)) return undefined;
    const { messages, outage } = this.#failing(cause);
    if (outage && !messages.has(message)) outage.confirmedAt = performance.now();
    messages.add(message);
    return outage;
  }

  /** The outage that explains it, where one is believed in; of a message that is not judged by its failures. */
  explains(cause: string): Outage | undefined {
    return this.trouble?.failing.get(cause)?.outage;
  }

  /**
   * @returns an outage; `own`: others got through; `alone`: no other has failed alike; `unknown`: some have, a moment ago.
   * Of the last two another that is tried says more, and of the last one time does
   */
  judge(message: string, cause: string): Outage | 'own' | 'alone' | 'unknown' {
    const { trouble } = this;
    const failing = trouble?.failing.get(cause);
    if (!trouble || !failing?.messages.has(message)) return 'own';
    const alike = failing.messages.size;
    if (alike < ALIKE) return 'alone';
    if (alike < SURE && trouble.youthLeftMs > 0 && !failing.outage) return 'unknown';
    if (!failing.outage) this.onGuess(failing.messages.size, cause);
    return (failing.outage ??= new Outage(true));
  }

  /** Whether another message should be tried: few have failed so, or none for the first time in a while. */
  isUnsure(cause: string): boolean {
    const { messages, outage } = this.trouble?.failing.get(cause) ?? {};
    if (!messages || !outage?.isGuess) return false;
    return messages.size < SURE || performance.now() - outage.confirmedAt > BELIEVED_MS / 2;
  }

  /** A message got through. @param begunIn what was the trouble when it was begun */
  gotThrough(begunIn: Trouble | undefined): void {
    // What was begun before says nothing about the time since.
    if (!begunIn || begunIn !== this.trouble) return;
    this.trouble = undefined;
    begunIn.end();
    for (const failing of begunIn.failing.values()) this.#forget(failing);
  }

  /** Nothing confirms it any more. */
  doubt(cause: string): void {
    const failing = this.trouble?.failing.get(cause);
    if (!failing) return;
    this.trouble?.failing.delete(cause);
    this.#forget(failing);
  }

  #failing(cause: string): Failing {
    const trouble = (this.trouble ??= new Trouble());
    const failing = trouble.of(cause);
    if (trouble.surplus !== undefined) this.doubt(trouble.surplus);
    return failing;
  }

  #forget({ messages, outage }: Failing): void {
    for (const message of messages) this.#onTheirOwn.add(message);
    for (const message of this.#onTheirOwn) {
      if (this.#onTheirOwn.size <= REMEMBERED) break;
      this.#onTheirOwn.delete(message);
    }
    outage?.end();
  }
}

/**
 * What two failures have in common that have one cause: codes, and messages without what belongs to one of them. Never
 * throws: fields of an error may be anything.
 */
export function causeOf(error: Error): string {
  try {
    const parts: string[] = [];
    for (let at: unknown = error; isError(at) && parts.length < 3; at = at.cause) parts.push(partOf(at));
    return parts.join(' < ');
  } catch {
    return 'unknown';
  }
}

function partOf(error: Error): string {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  return `${error.name}: ${textOf(error.message).slice(0, 200).replace(OF_ONE_MESSAGE, '#')}`;
}

/** Numbers, identities, quoted names. */
const OF_ONE_MESSAGE = /"[^"]*"|'[^']*'|[\w-]*\d[\w-]*/g;
