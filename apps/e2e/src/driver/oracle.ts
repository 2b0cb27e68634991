import { check, type Fault, inWords, type Report, readHistory } from '@fieldguide/oracle';
import type { OrderAnswer, Shop } from './shop.js';

/**
 * Waits until the shop has settled, then asks every witness about these accepted orders: each charged once or declined,
 * said once, mailed once, and what its customer was told. Fails in the oracle's words. @param faults what may double a mail
 */
export async function expectShopToKeepItsWord(
  shop: Shop,
  orders: readonly OrderAnswer[],
  faults: readonly Fault[] = [],
): Promise<Report> {
  const at = new Date().toISOString();
  const accepted = orders.map(({ orderId, total }) => ({ at, orderId, total }));
  const history = await readHistory(shop.control, { orders: orders.map(({ orderId }) => orderId), accepted, faults });
  const report = check(history);
  if (report.verdict !== 'kept') throw new Error(inWords(report));
  return report;
}
