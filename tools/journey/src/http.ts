import { ShopError } from '@fieldguide/replicas';

export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** An order waits for the quote, and for the broker. */
const ANSWER_WITHIN_MS = 15_000;

/** Asks a part of the shop. Rejects with a sentence when it does not answer. */
export async function ask(what: string, url: string, request: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS), ...request });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'answers with something that is not JSON' : 'does not answer';
    throw new ShopError(`${what} ${why} at ${url}: look at "npm run replicas -- list".`, { cause });
  }
}
