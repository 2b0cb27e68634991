import type { Message } from 'kafkajs';
import { type Ending, HANDLED } from '../ending.js';
import { type Good, type Poison, recordOf } from '../poison.js';
import type { Way } from './way.js';

/** What is sent together, and what shall become of it. */
export interface Step {
  /** Of the poison, or `good <number>`. */
  readonly name: string;
  /** What it was made from. */
  readonly good: Good;
  readonly messages: readonly Message[];
  readonly way: Way;
  readonly here: Ending;
}

/** A good message, then each poison with a good one behind it. */
export function mix(poisons: readonly Poison[], makeGood: () => Good): Step[] {
  let count = 0;
  const good = (): Step => {
    const made = makeGood();
    return { name: `good ${count++}`, good: made, messages: [recordOf(made)], way: 'plain', here: HANDLED };
  };
  const bad = ({ name, make, way = 'plain', here }: Poison): Step => {
    const made = makeGood();
    return { name, good: made, messages: make(made), way, here };
  };
  return [good(), ...poisons.flatMap((poison) => [bad(poison), good()])];
}
