/** Whether a version is within an `engines` range of the forms `^1.2.3`, `>=1.2.3` and `a || b`. */
export function satisfies(version: string, range: string): boolean {
  return range.split('||').some((part) => {
    const [, sign, wanted] = /^\s*(\^|>=)\s*([\d.]+)\s*$/.exec(part) ?? [];
    if (!sign || !wanted) return part.trim() === '*';
    const isNewEnough = compare(version, wanted) >= 0;
    return isNewEnough && (sign === '>=' || version.split('.')[0] === wanted.split('.')[0]);
  });
}

function compare(left: string, right: string): number {
  const numbers = (text: string): number[] => text.split('-', 1)[0]?.split('.').map(Number) ?? [];
  const [a, b] = [numbers(left), numbers(right)];
  for (const index of [0, 1, 2]) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
