import { home, workspaceRoot } from '@fieldguide/infra';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventually } from './eventually.js';

/** Billing's replicas that start meanwhile read the price list, and take what they read when they are told to. */
export class SlowPriceList {
  private readonly preload = join(home(), 'preload', 'billing.mjs');
  private readonly doors = mkdtempSync(join(tmpdir(), 'slow-price-list-'));

  constructor() {
    const repository = pathToFileURL(join(workspaceRoot, 'apps/billing/dist/price-list/price-list.repository.js'));
    mkdirSync(join(home(), 'preload'), { recursive: true });
    writeFileSync(
      this.preload,
      `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PriceListRepository } from '${repository.href}';
const doors = ${JSON.stringify(this.doors)};
const { all } = PriceListRepository.prototype;
let calls = 0;
PriceListRepository.prototype.all = async function () {
  const prices = await all.call(this);
  const call = ++calls;
  writeFileSync(doors + '/read-' + call, '');
  while (existsSync(doors) && !existsSync(doors + '/go-on-' + call)) await sleep(20);
  return prices;
};
`,
    );
  }

  /** The list was read for the so-manieth time, 1 before the replica takes its position in the topic, 2 after it. */
  async hasRead(time: number): Promise<void> {
    await eventually(`the list is read for time ${time}`, () => existsSync(join(this.doors, `read-${time}`)));
  }

  goOn(time: number): void {
    writeFileSync(join(this.doors, `go-on-${time}`), '');
  }

  /** Nobody waits any more. */
  remove(): void {
    rmSync(this.preload, { force: true });
    rmSync(this.doors, { recursive: true, force: true });
  }
}
