import { readFileSync } from 'node:fs';
import type { Check } from './check.js';
import { trackedFiles } from './tracked-files.js';

const RULES = 'docker/prometheus/alerts.yaml';
const PAGE = 'docs/operations.md';

/** Each alert is explained, each explanation has its alert, and both speak of metrics that there are. */
export async function checkAlerts(): Promise<Check[]> {
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
  ];
}

/** As they are called in this workspace. */
const METRIC = /\b((?:kafka|operator|dead_letters)_[a-z_]+[a-z])\b/g;

const found = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);
