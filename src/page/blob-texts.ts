// Texts that are read later, by number: collected in blobs, which the browser keeps outside the memory of the script, and
// on the disk where they are large.
import type { TextsInOrder } from '../report/texts-in-order.ts'

/** Characters that are collected before they become a blob. */
const PIECE = 1 << 22

/** Of a worker: reads a blob at once. */
interface BlobReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer
}
declare const FileReaderSync: new () => BlobReader

export class BlobTexts implements TextsInOrder {
  private readonly places: { number: number; piece: number; start: number; end: number }[] = []
  private readonly pieces: Blob[] = []
  private held: Uint8Array<ArrayBuffer>[] = []
  private heldBytes = 0
  private readonly encoder = new TextEncoder()

  add(number: number, text: string): void {
    const bytes = this.encoder.encode(text)
    const start = this.heldBytes
    this.places.push({ number, piece: this.pieces.length, start, end: start + bytes.length })
    this.held.push(bytes)
    this.heldBytes += bytes.length
    if (this.heldBytes > PIECE) this.flush()
  }

  /** Ascending; those of one number in the order of adding. */
  *inOrder(): Generator<string> {
    this.flush()
    const decoder = new TextDecoder()
    const reader = new FileReaderSync()
    let [open, bytes]: [number, Uint8Array] = [-1, new Uint8Array(0)]
    for (const { piece, start, end } of this.places.toSorted((a, b) => a.number - b.number)) {
      if (piece !== open) {
        bytes = new Uint8Array(reader.readAsArrayBuffer(this.pieces[piece] as Blob))
        open = piece
      }
      yield decoder.decode(bytes.subarray(start, end))
    }
  }

  private flush(): void {
    if (this.held.length === 0) return
    this.pieces.push(new Blob(this.held))
    this.held = []
    this.heldBytes = 0
  }
}
