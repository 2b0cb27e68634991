export interface Turn<T> {
  readonly item: T;
  /** Of its round: the two halves of one side, compared, say whether the machine was quiet. */
  readonly half: 'first' | 'second';
}

/** A B B A, A B B A, …: whatever drifts while the bench runs hits all sides alike. */
export function alternate<T>(items: readonly T[], rounds: number): Turn<T>[] {
  const there = items.map((item) => ({ item, half: 'first' as const }));
  const back = [...items].reverse().map((item) => ({ item, half: 'second' as const }));
  return Array.from({ length: rounds }, () => [...there, ...back]).flat();
}
