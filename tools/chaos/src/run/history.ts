import { type History, readHistory } from '@fieldguide/oracle';
import type { ShopControl } from '@fieldguide/replicas';

/** The last retry topic waits for a minute. */
const SETTLED_WITHIN_MS = 240_000;
/** Where faults have kept the shop from it, all is left to do at the end: of each order two mails, at 40 a second or more. */
const AN_ORDER_MS = 50;

/**
 * Waits until the shop has settled, then asks all witnesses.
 * @param orders that customers have placed
 * @param since where the shop has done something before
 */
export const historyOf = (control: ShopControl, orders: number, since?: Date): Promise<History> =>
  readHistory(control, { waitMs: SETTLED_WITHIN_MS + orders * AN_ORDER_MS, ...(since && { since }) });
