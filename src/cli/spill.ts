// Stores texts that are printed later, ordered by number: in memory while they are few, then in a temporary file. A
// document of a million sessions needs no more memory than one of ten thousand.
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DeliveryError } from '../errors.ts'
import { SPILL_BYTES_MAX } from '../limits.ts'
import { reasonOf, temporaryFolder } from './temporary.ts'

/** Bytes read at once: texts are mostly added in about the order in which they are read. */
const READ_BYTES = 1 << 20
const FEW = 1024

export class Spill {
  /** For each text, in the order of adding: its number, its offset, and its length in bytes. */
  private numbers = new Float64Array(FEW)
  private starts = new Float64Array(FEW)
  private lengths = new Uint32Array(FEW)
  private count = 0
  /** Texts that are not yet in the file, and their length in bytes. */
  private held: Buffer[] = []
  private heldBytes = 0
  private written = 0
  private file: number | null = null

  /** Throws DeliveryError when the temporary folder cannot hold it. */
  add(number: number, text: string): void {
    const bytes = Buffer.from(text)
    if (this.count === this.numbers.length) this.grow()
    this.numbers[this.count] = number
    this.starts[this.count] = this.written + this.heldBytes
    this.lengths[this.count] = bytes.length
    this.count++
    this.held.push(bytes)
    this.heldBytes += bytes.length
    if (this.heldBytes > SPILL_BYTES_MAX) this.flush()
  }

  /** All texts by ascending number; texts with the same number in the order of adding. */
  *inOrder(): Generator<string> {
    if (this.file !== null) this.flush()
    const order = Uint32Array.from({ length: this.count }, (_, i) => i)
    order.sort((a, b) => (this.numbers[a] as number) - (this.numbers[b] as number) || a - b)
    let window: Buffer = Buffer.alloc(0)
    let from = 0
    for (const i of order) {
      if (this.file === null) {
        yield (this.held[i] as Buffer).toString()
        continue
      }
      const [start, length] = [this.starts[i] as number, this.lengths[i] as number]
      if (start < from || start + length > from + window.length) {
        window = this.read(this.file, start, Math.max(length, READ_BYTES))
        from = start
      }
      yield window.toString('utf8', start - from, start - from + length)
    }
  }

  close(): void {
    if (this.file !== null) closeSync(this.file)
    this.file = null
    this.held = []
  }

  private flush(): void {
    try {
      this.file ??= openUnnamed()
      for (const bytes of this.held) {
        for (let at = 0; at < bytes.length; )
          at += writeSync(this.file, bytes, at, bytes.length - at, this.written + at)
        this.written += bytes.length
      }
    } catch (error) {
      if (error instanceof DeliveryError) throw error
      throw new DeliveryError(
        `sessions that are printed at the end cannot be kept in a temporary file: ${reasonOf(error)}`,
      )
    }
    this.held = []
    this.heldBytes = 0
  }

  private read(file: number, start: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.min(length, this.written - start))
    for (let at = 0; at < bytes.length; ) at += readSync(file, bytes, at, bytes.length - at, start + at)
    return bytes
  }

  private grow(): void {
    const { numbers, starts, lengths } = this
    this.numbers = new Float64Array(numbers.length * 2)
    this.numbers.set(numbers)
    this.starts = new Float64Array(starts.length * 2)
    this.starts.set(starts)
    this.lengths = new Uint32Array(lengths.length * 2)
    this.lengths.set(lengths)
  }
}

let opened = 0

/** On Linux its name is removed at once; elsewhere with the folder, when the process ends. */
function openUnnamed(): number {
  const path = join(temporaryFolder(), `sessions-${++opened}`)
  const file = openSync(path, 'wx+', 0o600)
  if (process.platform === 'linux') unlinkSync(path)
  return file
}
