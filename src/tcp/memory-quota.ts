// Accounts for the memory that open connections keep, so that all of them together stay within a limit. Each connection
// has a quota and releases it when it ends.

/** Total of all connections of an analysis in bytes, and its maximum so far. */
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

  /** Charges `bytes` more; a negative number releases them. */
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
