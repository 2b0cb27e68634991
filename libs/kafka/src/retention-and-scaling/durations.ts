const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `7d`, `90s`, `forever`: a retention in the largest unit that says it exactly. */
export function shownRetention(ms: number): string {
  if (ms < 0) return 'forever';
  const [unit, length] = UNITS.find(([, each]) => ms > 0 && ms % each === 0) ?? ['ms', 1];
  return `${ms / length}${unit}`;
}
