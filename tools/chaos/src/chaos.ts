#!/usr/bin/env node
import { explain } from '@fieldguide/replicas';
import { commandOf, type Options, readOptions } from './options.js';
import { historyOf } from './run/history.js';
import { openShop } from './run/open-shop.js';
import { run } from './run/run.js';
import { kindsTable, outcomeInWords } from './run/told.js';
import { answerOf, judge } from './run/verdict.js';

/**
 * `npm run chaos`: breaks a shop while customers order, and says whether it kept its word. Exit code 0: it did, 1: it did not,
 * 2: nobody knows, or not under as many faults as were asked for.
 */
try {
  const options = readOptions(process.argv.slice(2));
  if (options.kinds) console.log(kindsTable());
  else process.exitCode = await chaos(options);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 2;
}

async function chaos(options: Options): Promise<number> {
  const begun = Date.now();
  const tell = options.json ? console.error : console.log;
  const say = (line: string): void => tell(`${((Date.now() - begun) / 1_000).toFixed(1).padStart(7)} s  ${line}`);
  const { signal } = onInterrupt(say);
  say(`seed ${options.seed}: ${options.faults} faults, ${options.rate} orders a second`);
  const shop = await openShop(options, { say, signal });
  try {
    const outcome = await run({ ...options, ...shop, say, signal });
    if (outcome.givenUp) return 2;
    say('The faults are over; the shop settles, and is judged …');
    const verdict = judge(
      outcome,
      await historyOf(shop.control, outcome.orderIds.size, options.running ? outcome.begun : undefined),
    );
    if (options.json) console.log(JSON.stringify({ ...outcome, orderIds: undefined, verdict }, undefined, 2));
    else console.log(outcomeInWords(outcome, verdict));
    tell(`\nThe same once more: ${commandOf(options)}`);
    return answerOf(outcome, verdict);
  } finally {
    await shop.close();
  }
}

/** The first Ctrl-C heals what is broken, then ends; the second one ends. */
function onInterrupt(say: (line: string) => void): { signal: AbortSignal } {
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (interrupt.signal.aborted) process.exit(130);
      say('Given up: what is broken is healed first. Once more, and it stays broken.');
      interrupt.abort();
    });
  }
  return { signal: interrupt.signal };
}
