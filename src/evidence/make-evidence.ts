// Makes an evidence capture: judge, choose, locate, copy, read back, judge again. Long connections are first copied in
// excerpts; a connection whose excerpt does not prove the same is copied whole.
import { type Analysis, analyze, type CaptureRecord, type Selection, type SessionReport } from '../analyze.ts'
import { linkTypeName } from '../capture/record-reader.ts'
import { sha256Of } from '../capture/verify.ts'
import { Decoded, SegmentDecoder } from '../decode/decode.ts'
import { DeliveryError, UsageError } from '../errors.ts'
import { RAW_IP, redactedLinkType } from '../redact/redact-packet.ts'
import type { Redaction } from '../redact/redaction.ts'
import type { FindingRecord } from '../rules/analysis.ts'
import { Keyring } from '../tls/keyring.ts'
import { commentsOf, sectionComment } from './comments.ts'
import { copyPackets, eachPacket } from './copy-packets.ts'
import { type EvidenceFormat, makeDraft } from './evidence-file.ts'
import { ExcerptFinder, isLong } from './excerpts.ts'
import { type Location, Locator } from './locate.ts'
import { PacketRedactor } from './redact-evidence.ts'
import { RedactionPlans } from './redaction-plans.ts'
import { Choice, type SelectedSession } from './selected-session.ts'
import {
  type Claim,
  describeInside,
  describeShortfalls,
  insideTls,
  type Shortfall,
  type Verification,
  verifyEvidence,
} from './verify-evidence.ts'

/** A capture that can be read more than once, and its name for messages. */
interface Source {
  readonly path: string
  readonly name: string
}

export interface EvidenceOptions {
  readonly select: Selection
  /** Finding ids; null for all that are selected. */
  readonly findings: readonly string[] | null
  /** Of a report: whose findings are to be proved, and the ids of further sessions that it shows. */
  readonly shown?: {
    readonly accuses: (session: SessionReport) => boolean
    readonly sessions: ReadonlySet<string>
  }
  readonly format: EvidenceFormat
  readonly version: string
  /** TLS key logs, besides those inside captures. */
  readonly keyLogs?: readonly string[]
  /**
   * Write the secrets of the copied connections, and no others, into the evidence, which is then pcapng. Default false.
   */
  readonly includeSecrets?: boolean
  /** Null: not redacted. */
  readonly redaction: Redaction | null
  /** Two unused paths: for the evidence, and for its classic copy. */
  readonly path: string
  readonly twin: string
  readonly onInternalError?: (error: unknown, frame: number) => void
}

export interface CopiedSession {
  readonly id: string
  readonly rules: ReadonlySet<string>
}

/** The result. Without findings nothing was written. */
export interface Evidence {
  readonly captures: readonly CaptureRecord[]
  readonly findings: number
  /** Sessions with findings, and those without, which a report shows for comparison. */
  readonly sessions: number
  readonly controls: number
  /** The copied sessions by their ids in the captures: their ids in the evidence, and the rules that they break. */
  readonly copied: ReadonlyMap<string, CopiedSession>
  readonly packets: number
  /** Connections that are only partly copied. */
  readonly excerpts: number
  /** Number of sessions with findings beyond the limit. */
  readonly leftOut: number
  /**
   * A sentence about what is left out, because the packets alone, or redacted, do not show the same findings, or cannot be
   * redacted; else null.
   */
  readonly unproved: string | null
  /** Decrypted sessions: readers of the evidence need their keys. */
  readonly decrypted: number
  /** Number of sessions with an AUTH exchange, and of message contents, that readers of an unredacted file can see. */
  readonly credentials: number
  readonly messages: number
}

/**
 * Throws UsageError for findings that do not exist and for a format that cannot hold the packets, else DeliveryError.
 */
export async function makeEvidence(sources: readonly Source[], options: EvidenceOptions): Promise<Evidence> {
  const { findings, shown } = options
  const choice = new Choice({
    ...{ findings, information: options.select.rules !== undefined },
    ...(shown && { accuses: shown.accuses, also: shown.sessions }),
  })
  const paths = sources.map(({ path }) => path)
  const keyring = new Keyring()
  const analysis = await judge(paths, options, choice, keyring)
  const { leftOut, missing } = choice
  if (missing.length > 0)
    throw new UsageError(`no finding ${missing.join(', ')} in these captures; pipelint check lists the findings`)
  const { captures } = analysis
  const { selectedSessions, inside } = await withoutInside(paths, choice.selectedSessions, options)
  if (selectedSessions.every((selected) => selected.findings.length === 0))
    return { ...{ captures, leftOut, ...sumsOf([], options), ...NOTHING }, unproved: null }
  const nameOf = (name: string) => options.redaction?.captureName(name) ?? name
  const origins = await Promise.all(
    sources.map(async ({ path, name }) => ({ name: nameOf(name), sha256: await sha256Of(path) })),
  )
  const unproved: Shortfall[] = []
  let proved: readonly SelectedSession[] = selectedSessions
  for (;;) {
    const maker = new Maker(paths, origins, proved, options, keyring)
    const { shortfalls, ...made } = await maker.make()
    unproved.push(...shortfalls)
    const sentence = [...(inside === null ? [] : [inside]), ...describeShortfalls(unproved, keyring)].join('; ')
    if (shortfalls.length === 0)
      return { ...{ captures, leftOut, ...sumsOf(proved, options), ...made }, unproved: sentence || null }
    const lacking = new Set(shortfalls.map(({ selected }) => selected))
    proved = proved.filter((selected) => !lacking.has(selected))
    // Findings selected by id must all be proved.
    if (proved.length === 0 || options.findings !== null) throw new DeliveryError(sentence)
  }
}

/**
 * With redaction: the sessions without the findings that only TLS shows, and a sentence about these. Throws UsageError
 * if nothing else is left, and for findings that were named.
 */
async function withoutInside(
  paths: readonly string[],
  selectedSessions: readonly SelectedSession[],
  { redaction, findings: named, select }: EvidenceOptions,
): Promise<{ readonly selectedSessions: readonly SelectedSession[]; readonly inside: string | null }> {
  const isAccused = ({ findings }: SelectedSession) => findings.length > 0
  const decrypted = new Set(
    selectedSessions.flatMap((one) => (one.decrypted && isAccused(one) ? [one.session.id] : [])),
  )
  if (redaction === null || decrypted.size === 0) return { selectedSessions, inside: null }
  const outside = new Map<string, readonly FindingRecord[]>()
  await analyze(paths, {
    ...{ keepSessions: 'none', select: portsOf(select), keyring: null },
    onSession: ({ id, findings }) => void (decrypted.has(id) && outside.set(id, findings)),
  })
  const inside = insideTls(selectedSessions, outside)
  if (inside.length === 0) return { selectedSessions, inside: null }
  const hidden = new Set(inside)
  const left = selectedSessions.flatMap((selected) => {
    const findings = selected.findings.filter((finding) => !hidden.has(finding))
    return isAccused(selected) && findings.length === 0 ? [] : [{ ...selected, findings }]
  })
  const sentence = describeInside(inside)
  if (named === null && left.some(isAccused)) return { selectedSessions: left, inside: sentence }
  throw new UsageError(`--redact: ${sentence}${named === null ? '' : '; name other findings with --finding'}`)
}

function sumsOf(sessions: readonly SelectedSession[], { redaction }: EvidenceOptions) {
  const accused = sessions.filter(({ findings }) => findings.length > 0)
  return {
    sessions: accused.length,
    controls: sessions.length - accused.length,
    findings: sessions.reduce((sum, { findings }) => sum + findings.length, 0),
    decrypted: redaction === null ? sessions.filter(({ decrypted }) => decrypted).length : 0,
  }
}

/** The contents of a written file. `shortfalls`: what it does not prove. */
interface Made extends Verification {
  readonly copied: ReadonlyMap<string, CopiedSession>
  readonly packets: number
  readonly excerpts: number
}

const NOTHING = { copied: new Map<string, CopiedSession>(), packets: 0, excerpts: 0, credentials: 0, messages: 0 }

function judge(
  paths: readonly string[],
  options: EvidenceOptions,
  choice: Choice,
  keyring: Keyring,
): Promise<Analysis> {
  const { select, keyLogs = [], onInternalError } = options
  return analyze(paths, {
    ...{ select, keyLogs, keyring },
    keepSessions: 'none',
    ...(onInternalError && { onInternalError }),
    onSession: (session) => choice.session(session),
  })
}

/** Repeated attempts with the same selected sessions. */
class Maker {
  private readonly paths: readonly string[]
  private readonly origins: readonly { readonly name: string; readonly sha256: string }[]
  private readonly selectedSessions: readonly SelectedSession[]
  private readonly options: EvidenceOptions
  private readonly keyring: Keyring
  private finder: ExcerptFinder | null = null
  private made: RedactionPlans | null = null

  constructor(
    paths: readonly string[],
    origins: readonly { readonly name: string; readonly sha256: string }[],
    selectedSessions: readonly SelectedSession[],
    options: EvidenceOptions,
    keyring: Keyring,
  ) {
    this.paths = paths
    this.origins = origins
    this.selectedSessions = selectedSessions
    this.options = options
    this.keyring = keyring
  }

  /** Writes the evidence: long connections in excerpt, or whole where an excerpt does not show the same. */
  async make(): Promise<Made> {
    const excerpts = new Set(this.selectedSessions.filter(isLong))
    const made = await this.attempt(excerpts)
    const short = made.shortfalls.filter((one) => !('refusal' in one) && excerpts.has(one.selected))
    if (short.length === 0) return made
    for (const { selected } of short) excerpts.delete(selected)
    return this.attempt(excerpts)
  }

  /** Writes the evidence with some connections in excerpts, and reads it back. */
  private async attempt(excerpts: ReadonlySet<SelectedSession>): Promise<Made> {
    const { paths, selectedSessions, options } = this
    if (excerpts.size > 0) await this.findPassages(excerpts)
    const locator = new Locator(selectedSessions, (selected) =>
      excerpts.has(selected) ? (this.finder?.passagesOf(selected.session.id) ?? null) : null,
    )
    const scripts = await this.scripts()
    await eachPacket(paths, (packet, base) => locator.take(packet, base))
    const redactor = this.redactor(locator.location, scripts)
    const packets = await this.write(locator.location, excerpts, redactor)
    if (redactor !== undefined && redactor.refused.size > 0)
      return { ...NOTHING, shortfalls: [...redactor.refused].map(([selected, refusal]) => ({ selected, refusal })) }
    const { select, path } = options
    const judged = {
      ...(select.ports && { ports: select.ports }),
      ...(select.rules && { rules: select.rules }),
      ...(select.ignored && { ignored: select.ignored }),
    }
    const claims = this.claims(locator.location, excerpts)
    const verification = await verifyEvidence(path, claims, judged, this.keyLog('apart'))
    const isRedacted = options.redaction !== null
    const copied = new Map(
      claims.map(({ selected: { session, findings }, firstFrame }) => [
        session.id,
        { id: `s${firstFrame}`, rules: new Set(findings.map(({ rule }) => rule)) },
      ]),
    )
    return {
      copied,
      packets,
      excerpts: excerpts.size,
      ...verification,
      ...(isRedacted && { credentials: 0, messages: 0 }),
    }
  }

  private async findPassages(excerpts: ReadonlySet<SelectedSession>): Promise<void> {
    this.finder ??= new ExcerptFinder([...excerpts])
    await analyze(this.paths, {
      keepSessions: 'none',
      observer: this.finder,
      keyLogs: this.options.keyLogs ?? [],
      select: portsOf(this.options.select),
    })
  }

  /** The redaction plans of the sessions; null without redaction. Created once. */
  private async scripts(): Promise<RedactionPlans | null> {
    const { options, paths, selectedSessions } = this
    if (options.redaction === null || this.made !== null) return this.made
    const scripts = new RedactionPlans(selectedSessions)
    // Encrypted bytes cannot be replaced and are blanked; so TLS is not decrypted here.
    await analyze(paths, {
      ...{ keepSessions: 'none', observer: scripts, select: portsOf(options.select), keyring: null },
      onSession: (session) => scripts.session(session),
    })
    const decoder = new SegmentDecoder()
    await eachPacket(paths, (packet) => {
      if (decoder.decode(packet) === Decoded.SEGMENT) scripts.streams.segment(decoder.segment)
    })
    scripts.streams.finish()
    for (const finding of selectedSessions.flatMap(({ findings }) => findings)) options.redaction.finding(finding)
    scripts.redact(options.redaction.names)
    this.made = scripts
    return scripts
  }

  /** The secrets of the decrypted connections: those in the file, or those that its readers have. */
  private keyLog(where: 'inside' | 'apart'): string {
    const { selectedSessions, keyring, options } = this
    if (options.redaction !== null || (options.includeSecrets === true) !== (where === 'inside')) return ''
    const randoms = selectedSessions.filter(({ decrypted }) => decrypted).flatMap(({ clientRandoms }) => clientRandoms)
    return keyring.linesOf(randoms, where === 'inside' ? 'known' : 'given')
  }

  private shown(findings: readonly FindingRecord[]): readonly FindingRecord[] {
    const { redaction } = this.options
    return redaction === null ? findings : findings.map((finding) => redaction.finding(finding))
  }

  private async write(
    location: Location,
    excerpts: ReadonlySet<SelectedSession>,
    redactor: PacketRedactor | undefined,
  ): Promise<number> {
    const { selectedSessions, origins, paths, options } = this
    const { format, version, path, twin } = options
    const linkTypes = redactor === undefined ? location.linkTypes : redactedLinkTypes(location.linkTypes, format)
    if (format === 'pcap' && linkTypes.length > 1) {
      const names = linkTypes.map(linkTypeName).join(', ')
      throw new UsageError(`--pcap: the packets have several link types (${names}); only pcapng can store them`)
    }
    const findings = this.shown(selectedSessions.flatMap((selected) => selected.findings))
    const numberOf = numbering(location)
    const keyLog = this.keyLog('inside')
    const provenance = {
      ...{ version, sources: origins, redacted: redactor !== undefined, excerpt: excerpts.size > 0 },
      tls: keyLog !== '' ? 'secrets' : this.keyLog('apart') !== '' ? 'decrypted' : 'none',
    } as const
    return makeDraft(
      {
        ...{ format, path, twin, nanoseconds: location.nanoseconds, application: `pipelint ${version}` },
        comment: sectionComment(findings, provenance, numberOf),
        keyLog,
        interfaces: linkTypes.map((linkType) => ({
          linkType,
          description: `packets captured elsewhere, link type ${linkTypeName(linkType)}`,
        })),
      },
      (write) => copyPackets(paths, location, commentsOf(findings, numberOf), write, redactor),
    )
  }

  private redactor(location: Location, scripts: RedactionPlans | null): PacketRedactor | undefined {
    const { redaction } = this.options
    if (redaction === null || scripts === null) return undefined
    return new PacketRedactor(this.selectedSessions, location, scripts, redaction.names.addresses)
  }

  private claims(location: Location, excerpts: ReadonlySet<SelectedSession>): readonly Claim[] {
    const numberOf = numbering(location)
    return this.selectedSessions.map((selected) => ({
      selected,
      findings: this.shown(selected.findings),
      all: this.shown(selected.all),
      firstFrame: numberOf(selected.firstFrame),
      excerpt: excerpts.has(selected),
    }))
  }
}

function portsOf({ ports }: Selection): Selection {
  return ports === undefined ? {} : { ports }
}

/** Frames of the captures -> frames of the evidence; 0 for one that is not copied. */
function numbering({ frames }: Location): (frame: number) => number {
  const numbers = new Map(frames.map((frame, i) => [frame, i + 1]))
  return (frame) => numbers.get(frame) ?? 0
}

/** Packets whose link layer is not kept become raw IP; pcapng can hold both. */
function redactedLinkTypes(linkTypes: readonly number[], format: EvidenceFormat): readonly number[] {
  const kept = linkTypes.map(redactedLinkType)
  return [...new Set(format === 'pcap' ? kept : [...kept, RAW_IP])]
}
