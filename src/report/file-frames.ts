// Frame numbers of a set of captures -> the file and the number in it, for readers who open one of the files. Findings
// get the place of each frame and a display filter that matches in the file; sentences name the file behind each number.
import type { FrameMap, FramePlace } from '../capture/frame-map.ts'
import type { Redactor } from '../redact/redactor.ts'
import type { FindingRecord, LimitRecord, SessionRecord } from '../rules/analysis.ts'
import { copyOf, type SessionReport } from '../rules/session-report.ts'
import { terminal } from './escape.ts'

const FRAME = /\bframe (\d+)\b/g
const FRAME_RANGE = /frame\.number >= (\d+) && frame\.number <= (\d+)/
/** Captures of one session that get a filter of their own. */
const FILTERS = 16

export class FileFrames {
  private readonly map: FrameMap
  private readonly shownName: (path: string) => string
  private names: readonly string[] = []

  /** `shownName`: how a path is shown, for example redacted. */
  constructor(map: FrameMap, shownName: (path: string) => string = (path) => path) {
    this.map = map
    this.shownName = shownName
  }

  /** With one capture all numbers are those of the file. */
  get isNeeded(): boolean {
    return this.map.names.length > 1
  }

  /** `frame 3 of b.pcap`. */
  sentence(frame: number): string {
    const place = this.isNeeded ? this.map.placeOf(frame) : null
    return place === null ? `frame ${frame}` : `frame ${place.frame} of ${this.nameOf(place)}`
  }

  /** `b.pcap #3`. */
  label(frame: number): string {
    const place = this.isNeeded ? this.map.placeOf(frame) : null
    return place === null ? `#${frame}` : `${this.nameOf(place)} #${place.frame}`
  }

  finding(finding: FindingRecord): FindingRecord {
    if (!this.isNeeded) return finding
    const text = (sentence: string) => this.inText(sentence)
    const filters = this.filters(finding.displayFilter)
    const places = finding.frames.map((frame) => this.map.placeOf(frame))
    const own = filters.find(({ capture }) => capture === places.find((place) => place !== null)?.capture) ?? filters[0]
    return {
      ...finding,
      message: text(finding.message),
      expected: text(finding.expected),
      actual: text(finding.actual),
      evidence: finding.evidence.map(text),
      ...(finding.proof && { proof: { ...finding.proof, check: text(finding.proof.check) } }),
      displayFilter: own?.displayFilter ?? finding.displayFilter,
      places: places.map((place) => place && { ...place, file: this.nameOf(place) }),
      filters: filters.map(({ capture, displayFilter }) => ({
        capture,
        file: this.nameOf({ capture, frame: 0 }),
        displayFilter,
      })),
    }
  }

  record(session: SessionRecord): SessionRecord {
    if (!this.isNeeded || session.limits.length === 0) return session
    return { ...session, limits: session.limits.map((limit) => this.limit(limit)) }
  }

  limit(limit: LimitRecord): LimitRecord {
    const place = limit.frame === null || !this.isNeeded ? null : this.map.placeOf(limit.frame)
    return place === null ? limit : { ...limit, place: { ...place, file: this.nameOf(place) } }
  }

  session(report: SessionReport): SessionReport {
    if (!this.isNeeded || report.findings.length + report.limits.length === 0) return report
    return copyOf(report, {
      findings: report.findings.map((finding) => this.finding(finding)),
      limits: report.limits.map((limit) => this.limit(limit)),
      record: this.record(report.record),
    })
  }

  /** What stands between quotation marks is from the wire. */
  private inText(sentence: string): string {
    const open = sentence.indexOf('"')
    const close = sentence.lastIndexOf('"')
    const own = (text: string) => text.replace(FRAME, (_, frame: string) => this.sentence(Number(frame)))
    if (close <= open) return own(sentence)
    return `${own(sentence.slice(0, open))}${sentence.slice(open, close + 1)}${own(sentence.slice(close + 1))}`
  }

  /** One for each capture that has packets of the session's time. */
  private filters(filter: string): { readonly capture: number; readonly displayFilter: string }[] {
    const range = FRAME_RANGE.exec(filter)
    if (range === null) return []
    const [from, to] = [Number(range[1]), Number(range[2])]
    const runs = this.map.runs(from, to)
    const bounds = new Map<number, { first: number; last: number }>()
    for (const [i, run] of runs.entries()) {
      const length = Math.min(to + 1, runs[i + 1]?.start ?? to + 1) - run.start
      const known = bounds.get(run.capture)
      const last = run.frame + length - 1
      if (known === undefined) bounds.set(run.capture, { first: run.frame, last })
      else known.last = last
    }
    return [...bounds].slice(0, FILTERS).map(([capture, { first, last }]) => ({
      capture,
      displayFilter: filter.replace(FRAME_RANGE, `frame.number >= ${first} && frame.number <= ${last}`),
    }))
  }

  private nameOf({ capture }: FramePlace): string {
    if (this.names.length !== this.map.names.length) this.names = distinctNames(this.map.names.map(this.shownName))
    return this.names[capture] ?? `capture ${capture + 1}`
  }
}

/** `9, 10, 11`; with several captures `a.pcap: 9, 10` for each of them. */
export function frameLists({ frames, places }: Pick<FindingRecord, 'frames' | 'places'>): string[] {
  if (places === undefined) return [frames.join(', ')]
  const lists = new Map<string, number[]>()
  for (const [i, frame] of frames.entries()) {
    const place = places[i] ?? null
    const file = place?.file ?? 'of all captures'
    lists.set(file, [...(lists.get(file) ?? []), place?.frame ?? frame])
  }
  return [...lists].map(([file, own]) => `${file}: ${own.join(', ')}`)
}

/** A display filter, and the file in which it matches; null where there is one capture. */
export interface FileFilter {
  readonly file: string | null
  readonly displayFilter: string
}

/** With several captures one for each of them. */
export function fileFilters({
  displayFilter,
  filters,
}: Pick<FindingRecord, 'displayFilter' | 'filters'>): FileFilter[] {
  return filters === undefined || filters.length === 0 ? [{ file: null, displayFilter }] : [...filters]
}

export function filterLines(finding: Pick<FindingRecord, 'displayFilter' | 'filters'>): string[] {
  return fileFilters(finding).map(filterLine)
}

/** `a.pcap: frame.number == 1`. */
export function filterLine({ file, displayFilter }: FileFilter): string {
  return file === null ? displayFilter : `${file}: ${displayFilter}`
}

/** `frame 12`, `frame 3 of b.pcap`. */
export function limitPlace({ frame, place }: Pick<LimitRecord, 'frame' | 'place'>): string | null {
  if (place !== undefined) return `frame ${place.frame} of ${place.file}`
  return frame === null ? null : `frame ${frame}`
}

/** Adds the files to what a redactor shows. */
export function withFiles(redactor: Redactor, frames: FrameMap): Redactor {
  const files = new FileFrames(frames, (path) => redactor.captureName(path))
  return {
    session: (session) => files.session(redactor.session(session)),
    record: (session) => files.record(redactor.record(session)),
    finding: (finding) => files.finding(redactor.finding(finding)),
    fault: (fault) => redactor.fault(fault),
    captureName: (path) => redactor.captureName(path),
    analysis: (analysis) => {
      const shown = redactor.analysis(analysis)
      return {
        ...shown,
        sessions: shown.sessions.map((session) => files.record(session)),
        findings: shown.findings.map((finding) => files.finding(finding)),
      }
    },
  }
}

/** Without folders, if that leaves no two names equal. Safe to print. */
function distinctNames(paths: readonly string[]): readonly string[] {
  const short = paths.map((path) => path.slice(path.lastIndexOf('/') + 1))
  return (new Set(short).size === short.length ? short : paths).map(terminal)
}
