import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { home } from '@fieldguide/infra';
import { check, readHistory, type Report } from '@fieldguide/oracle';
import { type ShopControl, ShopError } from '@fieldguide/replicas';
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

const NOBODY = { orders: 0, billing: 0, notifications: 0, analytics: 0 };
const SERVICES = ['billing', 'orders', 'analytics', 'notifications'];
/** A group waits for a killed member, and the last retry topic for a minute. */
const SETTLED_WITHIN_MS = 120_000;

/** One after another in a shop of their own; on three brokers those that need them. */
export async function tryOut(names: readonly DeviceName[], around: Around): Promise<Row[]> {
  const needs = (brokers: number) => names.filter((name) => (DEVICES[name].brokers ?? 1) === brokers);
  const usual = path.join(home(), 'devices');
  return [
    ...(await tryOutOn(needs(1), usual, '1', around)),
    ...(await tryOutOn(needs(3), path.join(home(), 'devices-on-three'), '3', around)),
  ];
}

/** Sums are judged first, before anything else has made them wrong. */
async function tryOutOn(
  names: readonly DeviceName[],
  folder: string,
  brokers: string,
  around: Around,
): Promise<readonly Row[]> {
  if (names.length === 0) return [];
  process.env['FIELDGUIDE_HOME'] = folder;
  process.env['KAFKA_NODES'] = brokers;
  const inTurn = names.toSorted((one, other) => Number(DEVICES[other].inSums) - Number(DEVICES[one].inSums));
  const shop = await emptyShop({ name: 'devices', replicas: NOBODY, externalToo: false }, around);
  try {
    return await Promise.race([tryOutIn(shop.control, inTurn, around), givenUp(around.signal)]);
  } finally {
    await shop.close();
  }
}

async function tryOutIn(control: ShopControl, names: readonly DeviceName[], around: Around): Promise<Row[]> {
  // Not by the shop's own start, which tries once: on a busy machine one may come to nothing.
  await Promise.all(SERVICES.map((service) => bringUp(control, `${service}-1`)));
  const rows: Row[] = [];
  for (const name of names) rows.push(await tryOutOne(name, control, around));
  return rows;
}

const givenUp = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new ShopError('It was given up.')));
  });

/** The same fault twice: to a service as it is, then to the service without the device. */
async function tryOutOne(name: DeviceName, control: ShopControl, around: Around): Promise<Row> {
  const device = DEVICES[name];
  const { service, fault } = device;
  around.say(`${name}: ${fault} …`);
  const kept = await judge(device, control, around);
  around.say(`${name}: with it ${kept.verdict}. It is taken out of ${service}, and the same is done again …`);
  await takeOutOf(service, name, control);
  const broken = await judge(device, control, around);
  around.say(`${name}: without it ${broken.verdict}.`);
  await putBackInto(service, control);
  return { name, device, with: kept, without: broken };
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
  mkdirSync(path.dirname(fileOf(service)), { recursive: true });
  writeFileSync(fileOf(service), variantOf(name));
  await restart(service, control);
}

async function putBackInto(service: string, control: ShopControl): Promise<void> {
  rmSync(fileOf(service));
  await restart(service, control);
}

async function restart(service: string, control: ShopControl): Promise<void> {
  await control.stop(`${service}-1`);
  await bringUp(control, `${service}-1`);
}

const fileOf = (service: string): string => path.join(home(), 'preload', `${service}.mjs`);

const variantOf = (name: DeviceName): string => `
import { takeOut } from ${JSON.stringify(new URL('variants/take-out.js', import.meta.url).href)};
await takeOut(${JSON.stringify(name)});
`;
