/** What a page tells its reader to type, and what it says that one sees then. */
export interface Commands {
  readonly lines: readonly string[];
  /** Lines of the block that follows; none where the page shows none. */
  readonly seen: readonly string[];
}

const BLOCK = /^```(sh|text|)\n([\s\S]*?)^```$/gm;

/**
 * The blocks of commands under one heading of a page. A block of text right behind one is what it prints.
 * @param heading `See it`; without one: of the whole page
 */
export function commandsOf(text: string, heading?: string): Commands[] {
  const commands: { lines: string[]; seen: string[] }[] = [];
  for (const [, language, block = ''] of sectionOf(text, heading).matchAll(BLOCK)) {
    const lines = block.split('\n').filter((line) => line.trim() !== '');
    if (language === 'sh') commands.push({ lines, seen: [] });
    else commands.at(-1)?.seen.push(...lines);
  }
  return commands;
}

function sectionOf(text: string, heading: string | undefined): string {
  if (heading === undefined) return text;
  const [, section = ''] = text.split(new RegExp(`^## ${heading}$`, 'm'));
  return section.split(/^## /m)[0] ?? '';
}

/** `npx nx run claims:claims --testPathPatterns poison`: the target and the pattern; undefined for any other command. */
export function specRun(line: string): { target: string; pattern: string } | undefined {
  const [, target = '', pattern = ''] =
    /^npx nx run \w+:([\w-]+) --testPathPatterns (\S+)(?: {2,}# .*)?$/.exec(line.trim()) ?? [];
  return target ? { target, pattern } : undefined;
}

/** A line `✓ …` is the title of a spec. */
export const titleOf = (line: string): string | undefined => /^\s*✓ (.*?)\s*$/.exec(line)?.[1];

/**
 * Whether a line is one that a page shows. Numbers, ids and the width of gaps may be others, and `…` stands for anything:
 * words may not.
 */
export function isSeen(shown: string, line: string): boolean {
  return patternOf(shown).test(line.replaceAll(COLOURS, '').trim());
}

const COLOURS = /\u001B\[\d*m/g;
const CHANGING = /…|\b(?=[\da-f-]*\d)[\da-f]+(?:-[\da-f]+){0,4}\b|\d[\d.,:]*|\s+/gi;

function patternOf(shown: string): RegExp {
  let pattern = '';
  let from = 0;
  const text = shown.trim();
  for (const { 0: part, index } of text.matchAll(CHANGING)) {
    pattern += escaped(text.slice(from, index));
    if (part === '…') pattern += '.*';
    else if (part.trim() === '') pattern += '\\s+';
    else pattern += /[a-f-]/i.test(part) ? '[\\da-f-]+' : '[\\d.,:]+';
    from = index + part.length;
  }
  return new RegExp(`^${pattern}${escaped(text.slice(from))}$`, 'i');
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
