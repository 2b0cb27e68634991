import type { PaymentProvider } from '@fieldguide/payment-provider';
import type { ShopControl } from '@fieldguide/replicas';
import type { Parts } from '../run/parts.js';
import type { Fault } from '../schedule/schedule.js';
import type { ShopBroker } from '../seen/broker.js';

/** What faults are done to, and what they are seen by. */
export interface Surroundings {
  readonly control: ShopControl;
  readonly provider: PaymentProvider;
  readonly broker: ShopBroker;
  readonly parts: Parts;
  /** Orders that were accepted in this run. */
  readonly orderIds: ReadonlySet<string>;
  /** Of each event topic and partition the offset of the first record of this run. */
  readonly begin: ReadonlyMap<string, ReadonlyMap<number, bigint>>;
  /** The run is given up: whoever waits stops waiting, and takes back what it did. */
  readonly signal: AbortSignal;
}

/** Does the fault, waits, takes it back, and resolves with what was observed. Takes it back when the run is given up, too. */
export type Injector = (fault: Fault, around: Surroundings) => Promise<string>;
