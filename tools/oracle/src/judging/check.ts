import { type EventRecord, type History, PRICE_LIST_CHANGED } from '../history.js';
import type { Counts, Report, Verdict } from '../report.js';
import { type CaseFile, isForeign, isJudged, openCases } from './case-file.js';
import { Findings } from './findings.js';
import { judgeMails } from './mails.js';
import { judgeAnswers, judgeOrderEvents } from './orders.js';
import { judgeCharge, judgePaymentEvents } from './payments.js';
import { judgeSale, judgeTakings, whyTakingsAreNotJudged } from './sales.js';
import { timelineOf } from './timeline.js';
import { judgeOrderPerKey, judgeOutbox } from './topics.js';
import { firstCopies } from './words.js';

/** Says whether the shop has kept its word, by its history alone. */
export function check(history: History): Report {
  const findings = new Findings(history);
  const all = openCases(history).filter((file) => isJudged(file, history.judged));
  const files = all.filter((file) => !isForeign(file));
  for (const file of files) judge(file, findings);
  judgeOutbox(history, findings);
  if (!history.judged.orders) judgeOrderPerKey(history, findings);
  judgeTakings(history, findings);
  const { contradictions, unfinished, allowedDoubles } = findings;
  return {
    verdict: verdictOf(findings),
    counts: count(history, files, all.length - files.length),
    ...{ contradictions, unfinished, allowedDoubles },
    leftOut: leftOut(history),
    timeline: timelineOfFirst(findings, all),
  };
}

function judge(file: CaseFile, findings: Findings): void {
  judgeAnswers(file, findings);
  judgeDeadLetters(file, findings);
  judgeOrderEvents(file, findings);
  judgeCharge(file, findings);
  judgePaymentEvents(file, findings);
  judgeMails(file, findings);
  judgeSale(file, findings);
}

/** A service has given up: what was to come will not, until somebody redrives it. */
function judgeDeadLetters({ orderId, stored, deadLetters }: CaseFile, findings: Findings): void {
  if (!stored) return;
  for (const { service, topic, id, code, message } of deadLetters) {
    findings.wrong(
      'DEAD_LETTER',
      orderId,
      `${service} has given up on ${topic} of order ${orderId}: dead letter ${id}, ${code}, ${message.split('\n')[0] ?? ''}`,
    );
  }
}

function verdictOf({ contradictions, unfinished }: Findings): Verdict {
  if (contradictions.length > 0) return 'broken';
  return unfinished.length > 0 ? 'unfinished' : 'kept';
}

function count({ deadLetters, faults, records, judged }: History, files: readonly CaseFile[], foreign: number): Counts {
  const sum = (of: (file: CaseFile) => number): number => files.reduce((total, file) => total + of(file), 0);
  const said = ({ placed, captured, declined }: CaseFile): EventRecord[] => [...placed, ...captured, ...declined];
  const isPrice = ({ topic, at, foreign }: EventRecord): boolean =>
    topic === PRICE_LIST_CHANGED && !foreign && at >= (judged.since ?? '');
  const prices = judged.orders ? [] : records.filter(isPrice);
  const first = sum((file) => firstCopies(said(file)).length) + firstCopies(prices).length;
  return {
    answers: sum(({ accepted }) => accepted.length),
    orders: sum(({ stored }) => (stored ? 1 : 0)),
    captured: sum(({ charge }) => (charge?.status === 'captured' ? 1 : 0)),
    declined: sum(({ charge }) => (charge?.status === 'declined' ? 1 : 0)),
    mails: sum(({ mails }) => mails.length),
    events: first,
    duplicates: sum((file) => said(file).length) + prices.length - first,
    attempts: sum(({ attempts }) => attempts.length),
    faults: faults.length,
    foreignOrders: foreign,
    otherDeadLetters: deadLetters.length - sum((file) => file.deadLetters.length),
  };
}

function leftOut(history: History): string[] {
  const sums = whyTakingsAreNotJudged(history);
  return [
    ...(history.accepted.length > 0 ? [] : ['What customers were told: nobody has written it down.']),
    ...(history.mails ? [] : ['Mails: the mail server shows no mailbox.']),
    ...(history.outbox ? [] : ['Outboxes: there are none.']),
    ...(history.sales ? [] : ['What analytics has counted: it keeps no such table.']),
    ...(sums === undefined ? [] : [`Analytics' running sum: ${sums}.`]),
    ...Object.entries(history.wholeSince).map(([topic, at]) => `${topic} before ${at}: its retention is over.`),
  ];
}

function timelineOfFirst({ contradictions, history }: Findings, files: readonly CaseFile[]): string[] {
  const orderId = contradictions.find((contradiction) => contradiction.orderId !== undefined)?.orderId;
  const file = orderId === undefined ? undefined : files.find((known) => known.orderId === orderId);
  return file ? timelineOf(file, history) : [];
}
