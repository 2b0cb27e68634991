export interface Turn<T> {
  readonly item: T;
  /** Of its round: the two halves of one side, compared, say whether the machine was quiet. */
  readonly half: 'first' | 'second';
}

/** A B B A, A B B A, …: whatever drifts while the bench runs hits all sides alike. `half`: A B. */
export function alternate<T>(items: readonly T[], rounds: number | 'half'): Turn<T>[] {
  const there = items.map((item) => ({ item, half: 'first' as const }));
  const back = [...items].reverse().map((item) => ({ item, half: 'second' as const }));
  if (rounds === 'half') return there;
  return Array.from({ length: rounds }, () => [...there, ...back]).flat();
}
