// Message content of an ordinary session: where it began, how far it has come, and the way back by one chunk.
import { NO_TIME_NS } from '../../capture/packet.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import { ContentScanner } from '../parse/content.ts'

/** Content as far as it was read elsewhere. */
export interface BegunContent {
  readonly complete: boolean
  readonly start: number
  readonly firstFrame: number
  readonly startNs: number
  readonly seenAtStart: number
  readonly end: number
  readonly lastFrame: number
  readonly endNs: number
  readonly seenAtEnd: number
  handOn(): ContentScanner
}

/** Instead of an index: a bare newline, or what only looks like the end of content. */
export const REMARKABLE = -2

export class OrdinaryContent implements BegunContent {
  private scanner = new ContentScanner()
  /** Whether the open group begins with content, and whether that has ended. */
  began = false
  complete = false
  start = 0
  firstFrame = 0
  startNs = NO_TIME_NS
  seenAtStart = 0
  end = 0
  lastFrame = 0
  endNs = NO_TIME_NS
  seenAtEnd = 0

  /** Content comes next. */
  expect(): void {
    this.scanner.begin()
  }

  /** A group begins. */
  clear(): void {
    this.began = false
    this.complete = false
  }

  /** It has begun, and its end is still to come. */
  get isOpen(): boolean {
    return this.began && !this.complete
  }

  /** The scanner, for the long way to go on with. */
  handOn(): ContentScanner {
    const { scanner } = this
    this.scanner = new ContentScanner()
    return scanner
  }

  /** The chunk taken last was not taken, after all. */
  back(): void {
    this.scanner.back()
  }

  /** The index behind the end of content, -1 when the chunk ends first, or REMARKABLE: then the chunk was not taken. */
  take(chunk: ChunkView): number {
    const { scanner } = this
    scanner.mark()
    const next = scanner.scan(chunk, chunk.offset)
    if (scanner.bare !== null || scanner.falseEnd !== null) {
      scanner.back()
      return REMARKABLE
    }
    return next
  }

  /** What the chunk held of it up to the index `next` stands. */
  advance(chunk: ChunkView, next: number, complete: boolean): void {
    if (!this.began) {
      this.began = true
      this.start = chunk.position
      this.firstFrame = chunk.frame
      this.startNs = chunk.timeNs
      this.seenAtStart = chunk.peerAcked
    }
    this.complete = complete
    this.end = chunk.position + (next - chunk.offset)
    this.lastFrame = chunk.frame
    this.endNs = chunk.timeNs
    this.seenAtEnd = chunk.peerAcked
  }
}
