// Reads octets that are not lines: message content up to its final dot, the chunk of a BDAT, the payload of XEXCH50.
// Octets after a false end of content are kept until the server's reply shows whether it accepted that end.
import { FALSE_END_BYTES_MAX, KEPT_RECORD_BYTES } from '../../limits.ts'
import { type ChunkView, copyFrom } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import { PendingCommand } from '../pending-command.ts'
import { ContentScanner, type ScannerState } from './content.ts'
import { ContentHasher } from './content-digest.ts'
import { emptyLine, type LineView } from './lines.ts'

/** Content as far as it was read elsewhere: where it stands, and the search for its end. */
export interface ContentSoFar
  extends Pick<
    LineView,
    'start' | 'end' | 'firstFrame' | 'lastFrame' | 'startNs' | 'endNs' | 'seenAtStart' | 'seenAtEnd'
  > {
  readonly scanner: ScannerState
}

export class BodyReader {
  private readonly scanner = new ContentScanner()
  /** Where content began. A `LineView`, because units are constructed from one. */
  private readonly begun = emptyLine()
  private octets = 0
  /** The unit whose octets are being read. */
  current: PendingCommand | null = null
  /** Bytes of the current content are missing, possibly including its end. */
  hasGap = false
  private readonly quota: MemoryQuota
  private readonly digests: boolean
  private tail: ChunkView[] = []
  /**
   * Octets after the false end, plus the cost of their records; `tailKept`: the part of it that is charged to the
   * quota.
   */
  private tailBytes = 0
  private tailKept = 0

  /** `digests`: compute a digest of each content. */
  constructor(quota: MemoryQuota, digests: boolean) {
    this.quota = quota
    this.digests = digests
  }

  /** Message content follows. */
  expectContent(): void {
    this.scanner.begin()
    this.dropTail()
  }

  /** `octets` octets follow. They belong to `unit`, or, when null, to a unit that `begin` creates. */
  expectOctets(octets: number, unit: PendingCommand | null): void {
    this.octets = octets
    this.current = unit
    if (unit === null) return
    unit.complete = false
    if (this.digests) unit.hasher = new ContentHasher()
  }

  /** Creates the unit for content, or for the payload of XEXCH50, which is no message. */
  begin(verb: 'CONTENT' | 'XEXCH50', chunk: ChunkView, at: number, index: number): PendingCommand {
    const { begun } = this
    begun.start = chunk.position + (at - chunk.offset)
    begun.end = begun.start
    begun.firstFrame = chunk.frame
    begun.lastFrame = chunk.frame
    begun.startNs = chunk.timeNs
    begun.endNs = chunk.timeNs
    begun.seenAtStart = chunk.peerAcked
    begun.seenAtEnd = chunk.peerAcked
    const unit = new PendingCommand('content', verb, index, null, begun)
    unit.complete = false
    if (this.digests) unit.hasher = new ContentHasher()
    this.current = unit
    return unit
  }

  /** Creates the unit for content whose beginning was read elsewhere, and continues reading it. */
  resume({ scanner, ...place }: ContentSoFar, index: number): PendingCommand {
    const unit = new PendingCommand('content', 'CONTENT', index, null, Object.assign(this.begun, place))
    unit.complete = false
    this.current = unit
    this.scanner.resume(scanner, place.end - place.start)
    return unit
  }

  /** Returns the index after the end of content, or -1 when the chunk ends first. */
  takeContent(chunk: ChunkView, at: number): number {
    const unit = this.current as PendingCommand
    const { scanner } = this
    const next = scanner.scan(chunk, at)
    const end = next < 0 ? chunk.offset + chunk.length : next
    unit.hasher?.add(chunk, at, end)
    this.extend(unit, chunk, end)
    if (scanner.bare !== null && unit.bare === null && unit.trusted) {
      const position = chunk.position + (scanner.bareAt - chunk.offset)
      unit.bare = { octet: scanner.bare, position, frame: chunk.frame }
    }
    if (scanner.falseEnd !== null) this.noteFalseEnd(unit, chunk, at)
    if (next >= 0) {
      unit.complete = true
      this.current = null
      this.hasGap = false
      this.dropTail()
    }
    return next
  }

  /** Returns the index after the octets taken. */
  takeOctets(chunk: ChunkView, at: number): number {
    const count = Math.min(this.octets, chunk.offset + chunk.length - at)
    this.octets -= count
    this.current?.hasher?.add(chunk, at, at + count)
    this.extend(this.current as PendingCommand, chunk, at + count)
    if (this.octets === 0) this.finish()
    return at + count
  }

  /** Number of octets of the chunk still to come. */
  get expected(): number {
    return this.octets
  }

  /** End of input: the octets still expected are missing. */
  end(): void {
    if (this.current !== null) this.current.missing = this.octets
  }

  /** The client never sent the rest of the chunk. */
  abandonChunk(): void {
    this.end()
    this.octets = 0
    this.finish()
  }

  /** Octets of a counted body are missing from the capture. Returns whether all of them belong to it. */
  skipOctets(chunk: ChunkView): boolean {
    const inside = chunk.length <= this.octets
    if (this.current !== null) this.current.hasher = null
    this.octets -= Math.min(chunk.length, this.octets)
    if (this.octets === 0) {
      if (this.current !== null) this.extend(this.current, chunk, chunk.offset + chunk.length)
      this.finish()
    }
    return inside
  }

  /** Octets of content are missing from the capture. */
  skipContent(): void {
    this.scanner.lose()
    this.hasGap = true
    if (this.current !== null) this.current.hasher = null
  }

  /** Abandons the current unit. */
  drop(): void {
    this.current = null
    this.hasGap = false
    this.dropTail()
  }

  /**
   * Called when the server has replied with `seen` octets of the client received. If that is beyond the false end, the
   * server accepted it as the end of content, and the octets after it are commands. Returns these octets. Null when
   * there is no false end, when they were not all kept, or when bytes are missing, since the true end may be among
   * them.
   */
  endAtFalseEnd(seen: number): readonly ChunkView[] | null {
    const unit = this.hasGap ? null : this.current
    if (unit?.falseEnd == null || seen < unit.falseEnd.position || this.tailBytes > FALSE_END_BYTES_MAX) return null
    const { falseEnd } = unit
    const { tail } = this
    unit.falseEnd = { ...falseEnd, taken: true }
    unit.hasher = null
    unit.end = falseEnd.position
    unit.lastFrame = falseEnd.frame
    unit.complete = true
    this.drop()
    return tail
  }

  private extend(unit: PendingCommand, chunk: ChunkView, end: number): void {
    unit.end = chunk.position + (end - chunk.offset)
    unit.lastFrame = chunk.frame
    unit.timeNs = chunk.timeNs
    unit.seenAtEnd = chunk.peerAcked
  }

  private finish(): void {
    if (this.current !== null) this.current.complete = true
    this.current = null
  }

  private noteFalseEnd(unit: PendingCommand, chunk: ChunkView, at: number): void {
    const { falseEnd: form, falseEndAt } = this.scanner
    if (form === null) return
    let from = at
    if (unit.falseEnd === null) {
      const position = chunk.position + (falseEndAt - chunk.offset)
      unit.falseEnd = { form, position, frame: chunk.frame, taken: false }
      from = falseEndAt
    }
    const end = chunk.offset + chunk.length
    if (end === from) return
    this.tailBytes += end - from + KEPT_RECORD_BYTES
    if (this.tailBytes > FALSE_END_BYTES_MAX) this.giveUpTail()
    else {
      this.tail.push(copyFrom(chunk, from))
      this.quota.take(this.tailBytes - this.tailKept)
      this.tailKept = this.tailBytes
    }
  }

  private dropTail(): void {
    this.giveUpTail()
    this.tailBytes = 0
  }

  private giveUpTail(): void {
    if (this.tailKept === 0) return
    this.tail = []
    this.quota.take(-this.tailKept)
    this.tailKept = 0
  }
}
