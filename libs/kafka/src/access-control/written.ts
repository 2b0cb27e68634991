import type { AccessRule, ServiceAccess } from './access.js';

/** For people: a service, what it may do with what, and why. */
export function accessTable(all: readonly ServiceAccess[]): string[] {
  return all.flatMap(({ service, user, rules }, index) => {
    const rows = rules.map((rule) => [operationsOf(rule), rule.resource, nameOf(rule), rule.why]);
    const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => (row[column] ?? '').length)));
    const lines = rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`);
    const title = user === service ? service : `${service} (user ${user})`;
    return [...(index > 0 ? [''] : []), title, ...lines.map((line) => line.trimEnd())];
  });
}

/** As `kafka-acls.sh` takes it, one line for each rule. Its standard options are left to `$KAFKA_ACLS_OPTIONS`. */
export function aclCommands(all: readonly ServiceAccess[]): string[] {
  return all.flatMap(({ user, rules }) =>
    rules.map((rule) => {
      const operations = rule.operations.map((operation) => `--operation ${spelled(operation)}`).join(' ');
      const what = `--${rule.resource} ${quoted(rule.name)} --resource-pattern-type ${rule.pattern}`;
      return `kafka-acls.sh $KAFKA_ACLS_OPTIONS --add --allow-principal ${quoted(`User:${user}`)} ${operations} ${what}`;
    }),
  );
}

const operationsOf = ({ operations }: AccessRule): string => operations.join(', ');

const nameOf = ({ name, pattern }: AccessRule): string => (pattern === 'prefixed' ? `${name}*` : name);

/** `DESCRIBE_CONFIGS` is called DescribeConfigs there. */
const spelled = (operation: string): string =>
  operation.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

const quoted = (text: string): string => (/^[\w.:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
