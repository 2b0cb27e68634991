import { setMaxListeners } from 'node:events';
import { type Answer, type Asking, place } from './customer.js';
import type { JsonLines } from '../run/json-lines.js';
import { type Plan, planOf } from './wish.js';

export interface LoadOptions extends Pick<Asking, 'urls'> {
  readonly seed: number;
  /** Sets the customers of this run apart from all others. */
  readonly run: string;
  /** Orders a second. */
  readonly rate: number;
  readonly log: JsonLines;
}

/** What became of the customers. */
export interface LoadCounts {
  customers: number;
  accepted: number;
  refused: number;
  unanswered: number;
  /** Requests beyond the first of a customer. */
  retries: number;
  /** Customers who asked again for an answer that they had. */
  askedAgain: number;
  /** Customers who were not let in, as too many were waiting. */
  turnedAway: number;
}

const MOST_AT_ONCE = 300;
/** For how long customers come back once everything is healed. */
const PATIENCE_MS = 120_000;
/** The rate is kept by so many looks a second at how many should have come. */
const TICK_MS = 20;

/** Customers who come at a steady pace, whatever the answers take. Each final answer becomes a line of the log. */
export class Load {
  readonly counts: LoadCounts = {
    customers: 0,
    accepted: 0,
    refused: 0,
    unanswered: 0,
    retries: 0,
    askedAgain: 0,
    turnedAway: 0,
  };
  /** Of each accepted order. */
  readonly orderIds = new Set<string>();
  /** What no customer may be told, in sentences. */
  readonly contradictions: string[] = [];
  private readonly waiting = new Set<Promise<void>>();
  private readonly patience = new AbortController();
  private readonly begun = Date.now();
  private readonly timer: NodeJS.Timeout;
  private came = 0;

  constructor(private readonly options: LoadOptions) {
    // One for each customer who waits: no leak.
    setMaxListeners(0, this.patience.signal);
    this.timer = setInterval(() => this.catchUp(), TICK_MS);
  }

  /** Nobody comes any more; resolves when all who wait have an answer, or have lost their patience. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    const end = setTimeout(() => this.patience.abort(), PATIENCE_MS);
    await Promise.all(this.waiting);
    clearTimeout(end);
  }

  /** How many wait for an answer. */
  get inFlight(): number {
    return this.waiting.size;
  }

  private catchUp(): void {
    const due = Math.floor(((Date.now() - this.begun) * this.options.rate) / 1_000);
    for (; this.came < due; this.came++) {
      if (this.waiting.size >= MOST_AT_ONCE) this.counts.turnedAway++;
      else this.comes(planOf(this.options.seed, this.options.run, this.came));
    }
  }

  private comes(plan: Plan): void {
    this.counts.customers++;
    const visit = this.visit(plan).finally(() => this.waiting.delete(visit));
    this.waiting.add(visit);
  }

  private async visit(plan: Plan): Promise<void> {
    const answer = await this.ask(plan);
    this.count(plan, answer);
    if (!plan.forgets || answer.status !== 201) return;
    this.counts.askedAgain++;
    const again = await this.ask(plan);
    if (again.orderId !== answer.orderId || JSON.stringify(again.total) !== JSON.stringify(answer.total))
      this.contradictions.push(
        `The customer with the key ${plan.key} was told ${inWords(answer)}, and with the same key and body again ${inWords(again)}.`,
      );
  }

  private async ask(plan: Plan): Promise<Answer> {
    const answer = await place(plan, { urls: this.options.urls, patience: this.patience.signal });
    const { attempts, ...told } = answer;
    this.counts.retries += attempts - 1;
    this.options.log.add({ at: new Date().toISOString(), key: plan.key, body: plan.wish, ...told });
    return answer;
  }

  private count({ key }: Plan, answer: Answer): void {
    if (answer.status === 201 && answer.orderId) {
      this.counts.accepted++;
      this.orderIds.add(answer.orderId);
    } else if (answer.status === 0) {
      this.counts.unanswered++;
      this.contradictions.push(`The customer with the key ${key} got no answer after ${answer.attempts} attempts.`);
    } else {
      this.counts.refused++;
      this.contradictions.push(`The customer with the key ${key} was told ${inWords(answer)} for a right order.`);
    }
  }
}

const inWords = ({ status, orderId, total }: Answer): string =>
  orderId === undefined ? String(status) : `${status}, order ${orderId}, ${JSON.stringify(total)}`;
