import { type History, readHistory } from '@fieldguide/oracle';
import type { ShopControl } from '@fieldguide/replicas';

/** The last retry topic waits for a minute. */
const SETTLED_WITHIN_MS = 240_000;

/** Waits until the shop has settled, then asks all witnesses. @param since where the shop has done something before */
export const historyOf = (control: ShopControl, since?: Date): Promise<History> =>
  readHistory(control, { waitMs: SETTLED_WITHIN_MS, ...(since && { since }) });
