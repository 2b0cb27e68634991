import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Check } from './check.js';
import { trackedFiles } from './tracked-files.js';

const SCRIPT = /npm run (?:-s )?([a-z][a-z0-9:-]*)/g;
const LINK = /\]\(([^)\s]+)\)/g;
const PLACE = /`((?:apps|libs|tools|docker|docs)\/[^`\s*<>{}…]+)`/g;
const SPEC = /\.(?:spec|broker-spec|claim-spec|e2e-spec)\.ts$/;

/** What the documents and the tree say of each other must be true. */
export async function checkDocuments(): Promise<Check[]> {
  const files = await trackedFiles();
  const pages = files.filter((file) => file.endsWith('.md'));
  const read = (page: string) => readFileSync(page, 'utf8');
  const scripts = new Set(Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts));
  const inPages = (pattern: RegExp, wrong: (found: string, page: string) => boolean) =>
    pages.flatMap((page) =>
      [...read(page).matchAll(pattern)]
        .map(([, found = '']) => found)
        .filter((found) => wrong(found, page))
        .map((found) => `${page}: ${found}`),
    );
  return [
    { says: 'every link in the documents leads somewhere', contradictions: inPages(LINK, leadsNowhere) },
    {
      says: 'every path that the documents name exists',
      contradictions: inPages(PLACE, (place) => !existsSync(place)),
    },
    {
      says: 'every npm script that the documents name exists',
      contradictions: inPages(SCRIPT, (name) => !scripts.has(name)),
    },
    {
      says: 'README stays under 150 lines',
      contradictions: read('README.md').split('\n').length <= 150 ? [] : ['README.md is longer'],
    },
    {
      says: 'every pattern page has its end-to-end spec and its headings in order, and stays under 120 lines',
      contradictions: pages.filter((page) => page.startsWith('docs/patterns/')).flatMap(patternProblems),
    },
    {
      says: 'every spec is matched by a runner',
      contradictions: files.filter(
        (file) => /spec\.tsx?$/.test(file) && !(SPEC.test(file) && /^(apps|libs|tools)\/[^/]+\/src\//.test(file)),
      ),
    },
    {
      says: 'no file names a path of one machine or the host of a registry',
      contradictions: files.filter((file) => !file.endsWith('checks/src/documents.ts') && MACHINE.test(read(file))),
    },
    { says: 'no file holds both sides of a merge', contradictions: files.filter((file) => SIDES.test(read(file))) },
  ];
}

const SIDES = /^(?:<{7}|>{7}) /m;
const MACHINE = /\/work\/|\/tmp\/bash_jobs|registry\.npmjs|repo1?\.maven\.|\.\.\/shared\//;

function leadsNowhere(link: string, page: string): boolean {
  if (/^(https?:|mailto:|#)/.test(link)) return false;
  const [path = ''] = link.split('#');
  return !existsSync(normalize(join(dirname(page), path)));
}

const HEADINGS = ['Without it', 'With it', 'Here', 'See it', 'What it does not do', 'Settings', 'Leave it out when'];

function patternProblems(page: string): string[] {
  const slug = page.slice('docs/patterns/'.length, -'.md'.length);
  const spec = `apps/e2e/src/${slug}.e2e-spec.ts`;
  const text = readFileSync(page, 'utf8');
  const { length } = text.split('\n');
  const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading).join(', ');
  return [
    ...(headings === HEADINGS.join(', ') ? [] : [`${page}: its headings are ${headings}`]),
    ...(existsSync(spec) ? [] : [`${page}: there is no ${spec}`]),
    ...(length <= 121 ? [] : [`${page} has ${length} lines`]),
  ];
}
