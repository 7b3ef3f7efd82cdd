// Reads the captures of a slice once more, as far as batches of it have to be read in order with all others.
import { MergedCaptures, type TimelineOptions } from '../capture/merge.ts'
import type { PacketView } from '../capture/packet.ts'
import { problem } from '../capture/record-reader.ts'
import type { Placed } from '../capture/sort-captures.ts'
import type { AnalyzedBatch } from './analyze-batches.ts'

export class SecondReading {
  private readonly open: () => Promise<readonly Placed[]>
  private readonly options: TimelineOptions
  private timeline: MergedCaptures | null = null
  /** Whether the packet of the timeline was not handed on yet. */
  private hasPacket = false

  /** `options`: `keyLogs` receives those in front of the packets that were handed on. */
  constructor(open: () => Promise<readonly Placed[]>, options: TimelineOptions) {
    this.open = open
    this.options = options
  }

  /** Must be called with batches in order; some may be left out. */
  async read({ firstFrame, count }: Pick<AnalyzedBatch, 'firstFrame' | 'count'>, take: (packet: PacketView) => void) {
    this.timeline ??= new MergedCaptures(await this.open(), this.options)
    const { timeline } = this
    let left = count
    while (await this.advance(timeline)) {
      const { packet } = timeline
      if (packet.frame >= firstFrame + count) break
      this.hasPacket = false
      if (packet.frame < firstFrame) continue
      take(packet)
      left--
    }
    const [first] = timeline.captures
    if (left > 0) throw problem('unreadable', first?.path ?? '', 0, 'the file changed after it was read')
  }

  async close(): Promise<void> {
    await this.timeline?.close()
  }

  private async advance(timeline: MergedCaptures): Promise<boolean> {
    while (!this.hasPacket) {
      this.hasPacket = timeline.next()
      if (!this.hasPacket && !(await timeline.refill())) return false
    }
    return true
  }
}
