// Where the files of one run lie, whatever keeps them. A file is there as a whole, or not at all.

/** A file that appears when it is committed. */
export interface Draft {
  write(piece: string | Uint8Array): Promise<void>
  commit(): Promise<void>
  abandon(): Promise<void>
}

export interface Shelf {
  draft(name: string): Promise<Draft>
  /** Its octets; fails where it is not there. */
  read(name: string): AsyncIterable<Uint8Array>
  has(name: string): Promise<boolean>
  names(): Promise<readonly string[]>
  remove(names: readonly string[]): Promise<void>
  /** Whether anything is left of the run. */
  exists(): Promise<boolean>
  /** The run begins; fails where it has begun. */
  begin(): Promise<void>
  /** Nothing is left of the run. */
  end(): Promise<void>
}
