// Session reports -> what is to be shown at each frame of each capture: the session with its verdict, its commands and
// replies, and the findings.
import type { FrameMap } from '../capture/frame-map.ts'
import { WIRESHARK_ITEMS_MAX } from '../limits.ts'
import { verdictWords } from '../report/verdict-line.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { checkOf, NO_CHECK } from './check.ts'
import { digits, signedDigits } from './digits.ts'
import { Findings } from './findings.ts'
import { FrameItems, type Item } from './frame-items.ts'
import { type Head, Heads } from './heads.ts'
import { Places } from './places.ts'
import { itemsOf } from './session-items.ts'

/** The first element of a head, as the Lua program knows it. */
const SESSION = 0
const FINDING: Head = [3]

/** An item and its capture, before the first frame of its session there is known. */
interface PlacedItem extends Item {
  readonly capture: number
}

interface Bounds {
  first: number
  last: number
}

export class FrameData {
  readonly heads = new Heads()
  readonly findings = new Findings()
  /** For each capture, in the order of reading. */
  readonly captures: readonly FrameItems[]
  sessions = 0
  /** Sessions whose commands and replies are left out, because there are too many. */
  leftOut = 0
  private readonly places: Places

  /** `captures`: their number. `frames` must know the frames of a session when it is added. */
  constructor(captures: number, frames: FrameMap) {
    this.captures = Array.from({ length: captures }, () => new FrameItems())
    this.places = new Places(captures, frames)
  }

  /** The report must have its dialogue. */
  add(report: SessionReport): void {
    const isLeftOut = this.captures.reduce((sum, { count }) => sum + count, 0) >= WIRESHARK_ITEMS_MAX
    const items = [...(isLeftOut ? [] : this.dialogue(report)), ...this.findingItems(report)]
    const bounds = this.boundsOf(items, report)
    const head = this.heads.use(sessionHead(report, isLeftOut))
    for (const [capture, { first, last }] of bounds) {
      const place = this.places.placeOf(report.firstFrame)
      const isStart = place?.capture === capture && place.frame === first
      const check = isStart ? checkOf(report.base, report.startNs) : NO_CHECK
      const tail = signedDigits(report.firstFrame - first) + digits(last - first)
      this.captures[capture]?.add({ frame: first, check, head, tail }, first)
    }
    for (const item of items) this.captures[item.capture]?.add(item, bounds.get(item.capture)?.first ?? item.frame)
    this.sessions++
    if (isLeftOut) this.leftOut++
  }

  private dialogue(report: SessionReport): PlacedItem[] {
    const placed: PlacedItem[] = []
    for (const { frame, timeNs, head, lead, references } of itemsOf(report)) {
      const own = this.places.placeOf(frame)
      if (own === null) continue
      const tail = references.map((one) => this.places.reference(one.frame, own) + one.rest).join('')
      placed.push({ ...own, check: checkOf(report.base, timeNs), head: this.heads.use(head), tail: lead + tail })
    }
    return placed
  }

  private findingItems({ findings, firstFrame }: SessionReport): PlacedItem[] {
    return findings.flatMap((finding) => {
      const frames = finding.frames.length > 0 ? finding.frames : [firstFrame]
      const tail = digits(this.findings.add(finding, firstFrame, frames, this.places))
      return frames.flatMap((frame) => {
        const own = this.places.placeOf(frame)
        return own === null ? [] : [{ ...own, check: NO_CHECK, head: this.heads.use(FINDING), tail }]
      })
    })
  }

  /** The first and the last frame of the session in each capture that has some of it. */
  private boundsOf(items: readonly PlacedItem[], { firstFrame, lastFrame }: SessionReport): Map<number, Bounds> {
    const bounds = new Map<number, Bounds>()
    const ends = [firstFrame, lastFrame].flatMap((frame) => this.places.placeOf(frame) ?? [])
    for (const { capture, frame } of [...ends, ...items]) {
      const known = bounds.get(capture)
      if (known === undefined) bounds.set(capture, { first: frame, last: frame })
      else {
        known.first = Math.min(known.first, frame)
        known.last = Math.max(known.last, frame)
      }
    }
    return bounds
  }
}

function sessionHead(report: SessionReport, isLeftOut: boolean): Head {
  const { record, encryption, limits } = report
  const codes = limits.filter(({ rules }) => rules.length > 0).map(({ code }) => code)
  return [SESSION, record.verdict, verdictWords(record), encryption, Number(isLeftOut), ...new Set(codes)]
}
