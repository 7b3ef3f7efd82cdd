// Captures -> an evidence capture, the steps in their order: judge, choose, locate, copy, read back, judge again. Long
// connections are tried in excerpt; those whose excerpt does not prove the same are copied whole.
import { type Analysis, analyze, type CaptureRecord, type Selection } from '../analyze.ts'
import { linkTypeName } from '../capture/records.ts'
import { sha256Of } from '../capture/verify.ts'
import { DeliveryError, UsageError } from '../problems.ts'
import { commentsOf, sectionComment } from './comments.ts'
import { copyPackets } from './copy.ts'
import { type EvidenceFormat, makeDraft } from './draft.ts'
import { Choice, type Exhibit } from './exhibit.ts'
import { type Location, Locator } from './locate.ts'
import { isLong, PassageFinder } from './passages.ts'
import { type Claim, type Shortfall, shortfallsOf } from './prove.ts'
import { eachPacket } from './walk.ts'

/** A capture that can be read more than once, and the name to be told. */
export interface Source {
  readonly path: string
  readonly name: string
}

export interface EvidenceOptions {
  readonly select: Selection
  /** Finding ids; null for all that are selected. */
  readonly findings: readonly string[] | null
  readonly format: EvidenceFormat
  readonly version: string
  /** Two paths that are free: for the evidence, and for the twin that vouches for it. */
  readonly path: string
  readonly twin: string
  readonly onInternalError?: (error: unknown, frame: number) => void
}

/** What was made; with no findings, nothing was written. */
export interface Evidence {
  readonly captures: readonly CaptureRecord[]
  readonly findings: number
  readonly sessions: number
  readonly packets: number
  /** Connections of which only passages are there. */
  readonly excerpts: number
  /** Sessions with findings that the bound left out. */
  readonly leftOut: number
}

/** Throws UsageError for findings that are not there and for a format that cannot hold them, DeliveryError for the rest. */
export async function makeEvidence(sources: readonly Source[], options: EvidenceOptions): Promise<Evidence> {
  const choice = new Choice({ findings: options.findings, information: options.select.rules !== undefined })
  const paths = sources.map(({ path }) => path)
  const analysis = await judge(paths, options, choice)
  const { exhibits, leftOut, missing } = choice
  if (missing.length > 0)
    throw new UsageError(`no finding is called ${missing.join(', ')} here; pipelint check lists them`)
  const findings = exhibits.reduce((sum, exhibit) => sum + exhibit.findings.length, 0)
  const made = { captures: analysis.captures, findings, sessions: exhibits.length, leftOut }
  if (exhibits.length === 0) return { ...made, packets: 0, excerpts: 0 }
  const origins = await Promise.all(sources.map(async ({ path, name }) => ({ name, sha256: await sha256Of(path) })))
  const maker = new Maker(paths, origins, exhibits, options)
  const excerpts = new Set(exhibits.filter(isLong))
  let { packets, shortfalls } = await maker.attempt(excerpts)
  if (shortfalls.some(({ exhibit }) => excerpts.has(exhibit))) {
    for (const { exhibit } of shortfalls) excerpts.delete(exhibit)
    ;({ packets, shortfalls } = await maker.attempt(excerpts))
  }
  if (shortfalls.length > 0) throw new DeliveryError(describe(shortfalls))
  return { ...made, packets, excerpts: excerpts.size }
}

function judge(paths: readonly string[], options: EvidenceOptions, choice: Choice): Promise<Analysis> {
  const { select, onInternalError } = options
  return analyze(paths, {
    select,
    keepSessions: 'offending',
    ...(onInternalError && { onInternalError }),
    onSession: (session) => choice.session(session),
  })
}

function describe(shortfalls: readonly Shortfall[]): string {
  const names = shortfalls.flatMap(({ exhibit, lacking, surplus }) => [
    ...lacking.map(({ id, rule }) => `${id} ${rule}`),
    ...surplus.map(({ rule }) => `${exhibit.session.id} ${rule}, which is not in the original`),
  ])
  const listed = `${names.slice(0, 8).join('; ')}${names.length > 8 ? '; …' : ''}`
  return `the packets of these sessions alone do not show the same: ${listed}`
}

/** One try after the other at the same exhibits. */
class Maker {
  private readonly paths: readonly string[]
  private readonly origins: readonly { readonly name: string; readonly sha256: string }[]
  private readonly exhibits: readonly Exhibit[]
  private readonly options: EvidenceOptions
  private finder: PassageFinder | null = null

  constructor(
    paths: readonly string[],
    origins: readonly { readonly name: string; readonly sha256: string }[],
    exhibits: readonly Exhibit[],
    options: EvidenceOptions,
  ) {
    this.paths = paths
    this.origins = origins
    this.exhibits = exhibits
    this.options = options
  }

  /** Writes the evidence with some connections in excerpt, and tells what it fails to prove. */
  async attempt(
    excerpts: ReadonlySet<Exhibit>,
  ): Promise<{ readonly packets: number; readonly shortfalls: readonly Shortfall[] }> {
    const { paths, exhibits, options } = this
    if (excerpts.size > 0) await this.findPassages(excerpts)
    const locator = new Locator(exhibits, (exhibit) =>
      excerpts.has(exhibit) ? (this.finder?.passagesOf(exhibit.session.id) ?? null) : null,
    )
    await eachPacket(paths, (packet, base) => locator.take(packet, base))
    const packets = await this.write(locator.location, excerpts)
    const { select, path } = options
    const judged = {
      ...(select.ports && { ports: select.ports }),
      ...(select.rules && { rules: select.rules }),
    }
    return { packets, shortfalls: await shortfallsOf(path, this.claims(locator.location, excerpts), judged) }
  }

  private async findPassages(excerpts: ReadonlySet<Exhibit>): Promise<void> {
    this.finder ??= new PassageFinder([...excerpts])
    await analyze(this.paths, {
      keepSessions: 'offending',
      follower: this.finder,
      select: portsOf(this.options.select),
    })
  }

  private async write(location: Location, excerpts: ReadonlySet<Exhibit>): Promise<number> {
    const { exhibits, origins, paths, options } = this
    const { format, version, path, twin } = options
    const linkTypes = location.linkTypes
    if (format === 'pcap' && linkTypes.length > 1) {
      const names = linkTypes.map(linkTypeName).join(', ')
      throw new UsageError(`--pcap: the packets have several link types (${names}), which only pcapng can hold`)
    }
    const findings = exhibits.flatMap((exhibit) => exhibit.findings)
    const numberOf = numbering(location)
    const provenance = { version, sources: origins, redacted: false, excerpt: excerpts.size > 0 }
    return makeDraft(
      {
        ...{ format, path, twin, nanoseconds: location.nanoseconds, application: `pipelint ${version}` },
        comment: sectionComment(findings, provenance, numberOf),
        interfaces: linkTypes.map((linkType) => ({
          linkType,
          description: `packets captured elsewhere, link type ${linkTypeName(linkType)}`,
        })),
      },
      (write) => copyPackets(paths, location, commentsOf(findings, numberOf), write),
    )
  }

  private claims(location: Location, excerpts: ReadonlySet<Exhibit>): readonly Claim[] {
    const numberOf = numbering(location)
    return this.exhibits.map((exhibit) => ({
      exhibit,
      findings: exhibit.findings,
      all: exhibit.all,
      firstFrame: numberOf(exhibit.firstFrame),
      excerpt: excerpts.has(exhibit),
    }))
  }
}

function portsOf({ ports }: Selection): Selection {
  return ports === undefined ? {} : { ports }
}

/** Frames of the captures -> those of the evidence; 0 for one that is left out. */
function numbering({ frames }: Location): (frame: number) => number {
  const numbers = new Map(frames.map((frame, i) => [frame, i + 1]))
  return (frame) => numbers.get(frame) ?? 0
}
