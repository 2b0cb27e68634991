import type { Mail, MailKind } from '../history.js';
import { OracleError } from '../oracle-error.js';

const ANSWER_WITHIN_MS = 60_000;

/** As maildev tells it. */
interface FoundMail {
  readonly subject?: string;
  readonly time?: string;
  readonly to?: readonly { readonly address: string }[];
}

/** The mails that tell of orders. Undefined where the mail server has no page to ask. */
export async function readMails(url: string): Promise<Mail[] | undefined> {
  if (url === '') return undefined;
  try {
    const response = await fetch(`${url}/email`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return ((await response.json()) as FoundMail[]).flatMap(readMail);
  } catch (cause) {
    throw new OracleError(`The mail server does not show its mailbox at ${url}: is it up?`, { cause });
  }
}

const SUBJECT = /^Your order ([0-9a-f-]{36}): (received|paid|not paid)$/i;

function readMail({ subject = '', time = '', to = [] }: FoundMail): Mail[] {
  const [, orderId, kind] = SUBJECT.exec(subject) ?? [];
  if (!orderId || !kind) return []; // to the operator
  const address = to.map((recipient) => recipient.address).join(', ');
  return [{ at: new Date(time).toISOString(), orderId: orderId.toLowerCase(), kind: kind as MailKind, address }];
}
