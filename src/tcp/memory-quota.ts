// What open connections keep for later -> one sum, so that all of them together stay within a bound. Every connection
// has a quota of its own; what it holds is given back at once when it ends.

/** The sum over all connections of an analysis, in bytes, and the largest that it ever was. */
export interface MemoryBudget {
  kept: number
  peak: number
}

export class MemoryQuota {
  /** Bytes that this connection keeps. */
  kept = 0
  private readonly budget: MemoryBudget

  constructor(budget: MemoryBudget) {
    this.budget = budget
  }

  /** Keeps so many bytes more; a negative number gives them back. */
  take(bytes: number): void {
    const { budget } = this
    this.kept += bytes
    budget.kept += bytes
    if (budget.kept > budget.peak) budget.peak = budget.kept
  }

  release(): void {
    this.take(-this.kept)
  }
}
