import { readFileSync } from 'node:fs';
import type { Check } from './check.js';
import { trackedFiles } from './tracked-files.js';

const RULES = 'docker/prometheus/alerts.yaml';
const PAGE = 'docs/operations.md';
const LIBRARY = 'libs/kafka/README.md';

/** Each alert is explained, each explanation has its alert, and both speak of metrics that there are. */
export async function checkMonitoring(): Promise<Check[]> {
  const [rules, page] = [readFileSync(RULES, 'utf8'), readFileSync(PAGE, 'utf8')];
  const alerts = found(rules, /- alert: (\w+)/g);
  const explained = found(page, /^### (\w+)$/gm);
  const sources = (await trackedFiles()).filter((file) => /^(apps|libs)\/[^/]+\/src\/.*(?<!spec)\.ts$/.test(file));
  const metrics = new Set(sources.flatMap((file) => found(readFileSync(file, 'utf8'), METRIC)));
  const used = [...found(rules.replaceAll(/^ *#.*$/gm, ''), METRIC), ...found(page, METRIC)];
  return [
    {
      says: 'every alert is explained, and nothing else is',
      contradictions: [
        ...alerts.filter((alert) => !explained.includes(alert)).map((alert) => `${PAGE} does not explain ${alert}`),
        ...explained.filter((alert) => !alerts.includes(alert)).map((alert) => `${RULES} has no alert ${alert}`),
      ],
    },
    {
      says: 'every metric in the alerts and in their explanations is counted',
      contradictions: [...new Set(used)].filter((metric) => !metrics.has(metric)),
    },
    {
      says: 'the library’s README names each of its metrics, with its labels',
      contradictions: wrongRows(),
    },
  ];
}

/** As they are called in this workspace. */
const METRIC = /\b((?:kafka|outbox|inbox|operator|dead_letters)_[a-z_]+[a-z])\b/g;

const found = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);

/** Each `name: '…'` or `#counter('…')` of the file that has all of them, up to the next. */
function wrongRows(): string[] {
  const text = readFileSync('libs/kafka/src/counting/metrics.ts', 'utf8');
  const page = readFileSync(LIBRARY, 'utf8');
  const parts = text.split(/(?=(?:name: |#counter\()'kafka_)/).slice(1);
  const expected = parts.map((part) => {
    const [, name = ''] = /'(kafka_\w+)'/.exec(part) ?? [];
    const [, labels = ''] = /\[([^\]]*)\]/.exec(part) ?? [];
    return `| \`${name}\` | ${[...labels.matchAll(/'(\w+)'/g)].map(([, label]) => `\`${label}\``).join(', ')} |`.replaceAll(
      /\s+/g,
      ' ',
    );
  });
  const rows = page.split('\n').map((line) => line.replaceAll(/\s+/g, ' '));
  const named = rows.flatMap((row) => /^\| `(kafka_\w+)` \|/.exec(row)?.[1] ?? []);
  return [
    ...expected.filter((start) => !rows.some((row) => row.startsWith(start))).map((row) => `${LIBRARY} lacks ${row}`),
    ...named.filter((name) => !text.includes(`'${name}'`)).map((name) => `${LIBRARY}: there is no ${name}`),
  ];
}
