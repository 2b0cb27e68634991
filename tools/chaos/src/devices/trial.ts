import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { home } from '@fieldguide/infra';
import { check, readHistory, type Report } from '@fieldguide/oracle';
import type { ShopControl } from '@fieldguide/replicas';
import { emptyShop } from '../run/open-shop.js';
import { bringUp } from '../run/replicas.js';
import { type Device, DEVICES } from './devices.js';
import { Scene } from './scene.js';
import type { Row } from './table.js';
import type { DeviceName } from './variants/take-out.js';

interface Around {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const REPLICAS = { orders: 1, billing: 1, notifications: 1, analytics: 1 };
/** A group waits for a killed member, and the last retry topic for a minute. */
const SETTLED_WITHIN_MS = 120_000;

/** The same fault twice in a shop of its own: to a service as it is, then to the service without the device. */
export async function tryOut(name: DeviceName, around: Around): Promise<Row> {
  const device = DEVICES[name];
  const { control, close } = await emptyShop({ name: 'devices', replicas: REPLICAS, externalToo: false }, around);
  try {
    around.say(`${name}: ${device.fault}, with it …`);
    const kept = await judge(device, control, around);
    around.say(`${name}: taken out of ${device.service}, the same again …`);
    await takeOutOf(device.service, name, control);
    const broken = await judge(device, control, around);
    return { name, device, with: kept, without: broken };
  } finally {
    await close();
  }
}

async function judge(device: Device, control: ShopControl, { signal }: Around): Promise<Report> {
  const scene = new Scene(control, signal);
  await device.hurt(scene);
  const { accepted, orderIds } = scene;
  const which = device.inSums ? {} : { orders: orderIds };
  return check(await readHistory(control, { ...which, accepted, faults: [], waitMs: SETTLED_WITHIN_MS }));
}

/** By a file that the service loads before its own main, as docs/running.md has it. */
async function takeOutOf(service: string, name: DeviceName, control: ShopControl): Promise<void> {
  const file = path.join(home(), 'preload', `${service}.mjs`);
  const program = fileURLToPath(new URL('variants/take-out.js', import.meta.url));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, variantOf(program, name));
  try {
    await control.stop(`${service}-1`);
    await bringUp(control, `${service}-1`);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

const variantOf = (program: string, name: DeviceName): string =>
  `import { pathToFileURL } from 'node:url';\n` +
  `const { takeOut } = await import(pathToFileURL(${JSON.stringify(program)}).href);\n` +
  `await takeOut(${JSON.stringify(name)});\n`;
