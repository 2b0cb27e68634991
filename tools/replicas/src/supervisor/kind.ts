import { ShopError } from '../shop-error.js';
import type { ReplicaPlan } from './replica.js';

/** One kind of process that a shop runs replicas of. */
export interface Kind {
  service: string;
  /** Most replicas of it. A kind that has at most one has no number in its name. */
  most: number;
  /** Not one of the services: it ends after them, and is no replica to people who read `system.json`. */
  outsideWorld?: boolean;
  plan: (replica: string, number: number) => ReplicaPlan;
}

/** `billing-2` → billing, 2. */
export function kindOf(kinds: readonly Kind[], name: string): { kind: Kind; number: number } {
  const kind = kinds.find(({ service, most }) => (most === 1 ? name === service : name.startsWith(`${service}-`)));
  if (!kind) {
    const names = kinds.map(({ service, most }) => (most === 1 ? service : `${service}-1`));
    throw new ShopError(
      `There is no replica ${JSON.stringify(name)}; replicas are called ${names.join(', ')} and so on.`,
    );
  }
  if (kind.most === 1) return { kind, number: 1 };
  const digits = name.slice(kind.service.length + 1);
  const number = /^[1-9]\d{0,3}$/.test(digits) ? Number(digits) : 0;
  if (number >= 1 && number <= kind.most) return { kind, number };
  const { service, most } = kind;
  throw new ShopError(
    `There is no replica ${JSON.stringify(name)}; ${service} can have ${service}-1 to ${service}-${most}.`,
  );
}
