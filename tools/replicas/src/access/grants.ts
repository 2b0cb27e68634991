import { deriveAccess, type AccessRule, type ServiceAccess, type Topology } from '@fieldguide/kafka/access-control';
import type { Infra } from '@fieldguide/infra';
import kafkajs, { type AclEntry, type Admin, type KafkaConfig } from 'kafkajs';
import { topologies } from './topologies.js';

export type { ServiceAccess } from '@fieldguide/kafka/access-control';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** On a secured broker: every service may do what its build needs, and nothing that an earlier one did. */
export async function grantAccess(
  infra: Pick<Infra, 'kafka' | 'env' | 'secured'>,
  say: (line: string) => void,
): Promise<void> {
  if (!infra.secured) return;
  const { added, removed } = await applyAccess(shopAccess(await topologies()), infra.env);
  if (added + removed > 0) say(`access: ${added} rights granted, ${removed} taken back (npm run -s acls shows them)`);
}

/** What each service of the shop may do. */
export function shopAccess(all: readonly Topology[]): ServiceAccess[] {
  return deriveAccess(all, { production: process.env['NODE_ENV'] === 'production' });
}

/** @param env `KAFKA_BROKERS`, and `KAFKA_SASL_*` of a user who may change rights */
export async function applyAccess(
  all: readonly ServiceAccess[],
  env: Record<string, string>,
): Promise<{ added: number; removed: number }> {
  const admin = adminOf(env);
  await admin.connect();
  try {
    const wanted = all.flatMap(entriesOf);
    const found = (await Promise.all(all.map(({ user }) => aclsOf(admin, user)))).flat();
    const missing = without(wanted, found);
    const surplus = without(found, wanted);
    if (missing.length > 0) await admin.createAcls({ acl: missing });
    if (surplus.length > 0) await admin.deleteAcls({ filters: surplus });
    return { added: missing.length, removed: surplus.length };
  } finally {
    await admin.disconnect();
  }
}

function adminOf(env: Record<string, string>): Admin {
  const { KAFKA_BROKERS: brokers = '', KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = env;
  const sasl = username && password ? { sasl: { mechanism: env['KAFKA_SASL_MECHANISM'], username, password } } : {};
  const config = { clientId: 'access', brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING, ...sasl };
  return new kafkajs.Kafka(config as KafkaConfig).admin();
}

const principal = (user: string): string => `User:${user}`;

function entriesOf({ user, rules }: ServiceAccess): AclEntry[] {
  return rules.flatMap((rule: AccessRule) =>
    rule.operations.map((operation) => ({
      principal: principal(user),
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
      operation: AclOperationTypes[operation],
      resourceType: rule.resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
      resourceName: rule.name,
      resourcePatternType: rule.pattern === 'literal' ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
    })),
  );
}

async function aclsOf(admin: Admin, user: string): Promise<AclEntry[]> {
  const { resources } = await admin.describeAcls({
    principal: principal(user),
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  return resources.flatMap(({ acls, resourceType, resourceName, resourcePatternType }) =>
    acls.map((acl) => ({ ...acl, resourceType, resourceName, resourcePatternType })),
  );
}

const without = (some: readonly AclEntry[], others: readonly AclEntry[]): AclEntry[] => {
  const known = new Set(others.map(keyOf));
  return some.filter((entry) => !known.has(keyOf(entry)));
};

const keyOf = (entry: AclEntry): string =>
  [
    entry.principal,
    entry.host,
    entry.permissionType,
    entry.operation,
    entry.resourceType,
    entry.resourceName,
    entry.resourcePatternType,
  ].join(' ');
