/** One sentence about the repository, and what contradicts it: nothing, when it holds. */
export interface Check {
  readonly says: string;
  readonly contradictions: readonly string[];
}
