import { contractOf } from '@fieldguide/kafka/contract';
import { ALL_CONTRACTS } from '@fieldguide/contracts';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Check } from '../check.js';
import { trackedFiles } from '../tracked-files.js';

/** A pattern's code, page and end-to-end spec have its name; nobody takes one out and leaves the others. */
const SLUGS = [
  'access-control',
  'outbox-and-inbox',
  'bootstrap',
  'broadcast-to-replicas',
  'broadcast-to-services',
  'client-injection',
  'commit-modes',
  'consumer-groups',
  'dead-letters',
  'errors-and-retries',
  'historical-messages',
  'poison',
  're-emit-retry',
  'recoverable-errors',
  'reply-to-convention',
  'request-reply',
  'retention-and-scaling',
  'retry-topics',
  'return-values',
  'sharing-load',
  'shutdown',
];

const INDEX = 'docs/README.md';
const CONTRACT = /`([a-z-]+\.[a-z-]+\.v\d+)`/g;
const ANCHOR = /\]\(([^)\s#]*)#([^)\s]+)\)/g;

/** The patterns are complete, the index leads to every page, and what pages name by anchor or topic exists. */
export async function checkSlugs(): Promise<Check[]> {
  const pages = (await trackedFiles()).filter((file) => file.endsWith('.md'));
  const topics = new Set(ALL_CONTRACTS.map((contract) => contractOf(contract).topic));
  const index = readFileSync(INDEX, 'utf8');
  const patterns = pages.flatMap((page) => /^docs\/patterns\/(.*)\.md$/.exec(page)?.[1] ?? []);
  const indexed = pages.filter((page) => /^docs\/(patterns\/)?[^/]+\.md$/.test(page) && page !== INDEX);
  const inPages = (pattern: RegExp, wrong: (match: RegExpMatchArray, page: string) => boolean): string[] =>
    pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(pattern)]
        .filter((match) => wrong(match, page))
        .map(([found]) => `${page}: ${found}`),
    );
  return [
    {
      says: 'every pattern has its page and its end-to-end spec, and every page is of a pattern',
      contradictions: [
        ...SLUGS.filter((slug) => !patterns.includes(slug)).map((slug) => `there is no docs/patterns/${slug}.md`),
        ...SLUGS.filter((slug) => !existsSync(`apps/e2e/src/${slug}.e2e-spec.ts`)).map((slug) => `${slug} has no spec`),
        ...patterns.filter((slug) => !SLUGS.includes(slug)).map((slug) => `docs/patterns/${slug}.md is no pattern`),
      ],
    },
    {
      says: 'the index of the documents leads to each of them',
      contradictions: indexed.map((page) => page.slice('docs/'.length)).filter((page) => !index.includes(`](${page})`)),
    },
    {
      says: 'every contract that the documents name exists',
      contradictions: inPages(CONTRACT, ([, topic = '']) => !topics.has(topic)),
    },
    {
      says: 'every heading that a link leads to exists',
      contradictions: inPages(ANCHOR, ([, path = '', anchor = ''], page) => !hasAnchor(path, anchor, page)),
    },
  ];
}

function hasAnchor(path: string, anchor: string, page: string): boolean {
  if (/^https?:/.test(path)) return true;
  const file = path === '' ? page : normalize(join(dirname(page), path));
  // A link that leads nowhere is another check's.
  if (!existsSync(file) || !file.endsWith('.md')) return true;
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.some((heading) => anchorOf(heading) === anchor);
}

/** As GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
