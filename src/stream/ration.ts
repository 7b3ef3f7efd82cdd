// What open connections keep for later -> one sum, so that all of them together stay within a bound. Every connection
// has a ration of its own; what it holds is given back at once when it ends.

/** The sum over all connections of an analysis, in bytes. */
export interface Pantry {
  kept: number
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
    this.kept += bytes
    this.pantry.kept += bytes
  }

  release(): void {
    this.take(-this.kept)
  }
}
