import type { ConsoleLines } from '../part.js';

export const consoleArguments = (kafka: string, { topic, compression }: Omit<ConsoleLines, 'lines'>): string[] => [
  '--bootstrap-server',
  kafka,
  '--topic',
  topic,
  // One word: to the tool the value is optional.
  `--compression-codec=${compression}`,
];

export const consoleInput = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
