// What open connections keep for later -> one sum, so that all of them together stay within a bound. Every connection
// has a ration of its own; what it holds is given back at once when it ends.

/** The sum over all connections of an analysis, in bytes, and the largest that it ever was. */
export interface Pantry {
  kept: number
  peak: number
}

export class Ration {
  /** Bytes that this connection keeps. */
  kept = 0
  private readonly pantry: Pantry

  constructor(pantry: Pantry) {
    this.pantry = pantry
  }

  /** Keeps so many bytes more; a negative number gives them back. */
  take(bytes: number): void {
    const { pantry } = this
    this.kept += bytes
    pantry.kept += bytes
    if (pantry.kept > pantry.peak) pantry.peak = pantry.kept
  }

  release(): void {
    this.take(-this.kept)
  }
}
