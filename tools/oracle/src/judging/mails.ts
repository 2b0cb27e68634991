import type { Fault, Mail, MailKind } from '../history.js';
import type { CaseFile } from './case-file.js';
import type { Findings } from './findings.js';
import { isDecided } from './words.js';

/** The customer gets one mail of each kind that is due, and nobody else does. */
export function judgeMails(file: CaseFile, findings: Findings): void {
  const { orderId, stored, mails } = file;
  if (!findings.history.mails) return;
  if (!stored) return mailsWithoutOrder(file, findings);
  const due = mailsDue(file);
  for (const kind of due) judgeCopies(file, kind, findings);
  for (const { kind, at, address } of mails) {
    if (!due.includes(kind))
      findings.wrong(
        'MAIL_WITHOUT_CAUSE',
        orderId,
        `Nobody was to be mailed that order ${orderId} is ${kind}, and ${address} was at ${at}.`,
      );
    if (address.toLowerCase() !== stored.email.toLowerCase())
      findings.wrong(
        'MAIL_ASTRAY',
        orderId,
        `The mail that order ${orderId} is ${kind} was to go to ${stored.email}, and went to ${address} at ${at}.`,
      );
  }
}

function mailsDue({ charge }: CaseFile): MailKind[] {
  if (!isDecided(charge)) return ['received'];
  return ['received', charge.status === 'captured' ? 'paid' : 'not paid'];
}

function mailsWithoutOrder({ orderId, mails }: CaseFile, findings: Findings): void {
  for (const { kind, address, at } of mails) {
    findings.wrong(
      'MAIL_WITHOUT_CAUSE',
      orderId,
      `${address} was mailed at ${at} that order ${orderId} is ${kind}, and the database of orders has no such order.`,
    );
  }
}

function judgeCopies(file: CaseFile, kind: MailKind, findings: Findings): void {
  const { orderId, stored } = file;
  const copies = file.mails
    .filter((mail) => mail.kind === kind)
    .map((mail) => ({ ...mail, at: wentOutAt(mail, stored?.placedAt ?? '', findings.history.faults) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  const [first] = copies;
  const name = `The mail that order ${orderId} is ${kind}`;
  if (!first) return findings.missing('NO_MAIL', file, `${name} was to go to ${stored?.email ?? ''}, and did not.`);
  if (copies.length === 1) return;
  const sent = `${name} went out ${copies.length} times: ${copies.map(({ at }) => at).join(', ')}`;
  // Each copy but the last needs a fault that kept it from being marked.
  const faults = copies.slice(0, -1).map((copy) => findings.history.faults.find((fault) => explains(fault, copy)));
  if (faults.every((fault) => fault !== undefined))
    findings.allowedDoubles.push(`${sent}; allowed by ${faults.map(nameOf).join(' and ')}.`);
  else findings.wrong('MAIL_TWICE', orderId, `${sent}; and no fault is known that explains it.`);
}

/** Sending may take 10 s, and a mail tells its time in whole seconds. */
const BEFORE_MS = 11_000;
const AFTER_MS = 1_000;

/**
 * Whether a fault may have come between the sending of this copy and its being marked as sent: a crash of notifications,
 * an outage of the mail server, or of the database in which it is marked.
 */
export function explains({ at, until = at, kind, target }: Fault, copy: Mail): boolean {
  const isCrash = /^(kill|pause)$/.test(kind) && target.startsWith('notifications');
  if (!isCrash && !/^(mail|database)-/.test(kind)) return false;
  const sentAt = Date.parse(copy.at);
  const end = kind === 'kill' ? at : until;
  return sentAt >= Date.parse(at) - BEFORE_MS && sentAt <= Date.parse(end) + AFTER_MS;
}

const HOUR_MS = 3_600_000;

/** A mail tells its time by the clock of who wrote it, and chaos may have put that one an hour ahead or back. */
function wentOutAt({ at }: Mail, placedAt: string, faults: readonly Fault[]): string {
  const wasOff = (time: number): boolean =>
    faults.some(
      ({ kind, target, at: from, until = from }) =>
        kind === 'clock' &&
        target === 'notifications' &&
        time >= Date.parse(from) - AFTER_MS &&
        time <= Date.parse(until) + AFTER_MS,
    );
  const told = Date.parse(at);
  const placed = Date.parse(placedAt) - AFTER_MS;
  if (told < placed && wasOff(told + HOUR_MS)) return new Date(told + HOUR_MS).toISOString();
  if (told - HOUR_MS >= placed && wasOff(told - HOUR_MS)) return new Date(told - HOUR_MS).toISOString();
  return at;
}

const nameOf = ({ kind, target, at }: Fault): string => `${kind} of ${target} at ${at}`;
