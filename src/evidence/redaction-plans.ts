// Makes the redaction plans of sessions in two passes: the groups say where commands and replies lie, then the streams
// supply the bytes of those that are lines.
import type { GroupObserver, SessionReport } from '../analyze.ts'
import type { SegmentView } from '../decode/segment.ts'
import { SYN } from '../decode/tcp-header.ts'
import { DeliveryError } from '../errors.ts'
import { REDACTED_BYTES_MAX } from '../limits.ts'
import type { Pseudonyms } from '../redact/pseudonyms.ts'
import {
  clientSide,
  credentialsOf,
  type Opaque,
  type Piece,
  type Side,
  serverSide,
  type Unit,
} from '../redact/redaction-plan.ts'
import type { Group, LimitCode, ProxyHeader } from '../smtp/records.ts'
import { TLS_IN_CLEAR } from '../smtp/session/session-engine.ts'
import type { ChunkView, StreamConsumer } from '../tcp/chunk.ts'
import type { Connection } from '../tcp/connection.ts'
import { FlowTracker } from '../tcp/flow-tracker.ts'
import { advance, distance } from '../tcp/sequence.ts'
import type { SelectedSession } from './selected-session.ts'

/** Bytes examined after the point where a stream becomes opaque: there may be plaintext. */
const OPAQUE_BYTES = 4096
/** Bytes of the first line of content that looks like commands. */
const LINE_BYTES = 1024
/** Bytes of a PROXY header before all commands (its specification, section 2.1, allows 107). */
const HEADER_BYTES = 256
const OPAQUE: ReadonlySet<LimitCode> = new Set<LimitCode>(['tls', 'sasl-layer', 'role-reversal', 'not-smtp'])

export class RedactionPlans implements GroupObserver {
  readonly sessions: ReadonlySet<string>
  readonly streams: FlowTracker
  private readonly scripts: ReadonlyMap<string, Script>
  private bytes = 0

  constructor(selectedSessions: readonly SelectedSession[]) {
    this.scripts = new Map(selectedSessions.map((selected) => [selected.session.id, new Script(selected)]))
    this.sessions = new Set(this.scripts.keys())
    this.streams = new FlowTracker((connection) => this.consumerOf(connection))
  }

  group(session: string, group: Group): void {
    this.scripts.get(session)?.group(group)
  }

  /** The session has ended, so it is known how far it can be read. */
  session(report: SessionReport): void {
    this.scripts.get(report.id)?.close(report)
  }

  /** Redacts in the order of the sessions, which is the order of the placeholders. */
  redact(names: Pseudonyms): void {
    for (const script of this.scripts.values()) script.redact(names)
  }

  /** Redacts the payload of a segment in place, in `bytes` at the same offsets. */
  rewrite(segment: SegmentView, session: string, fromClient: boolean, bytes: Uint8Array): void {
    this.scripts.get(session)?.rewrite(segment, fromClient, bytes)
  }

  private consumerOf(connection: Connection): StreamConsumer | null {
    const script = this.scripts.get(`s${connection.firstFrame}`)
    if (script === undefined) return null
    return {
      chunk: (side, chunk) => {
        if (chunk.kind === 'bytes') this.bytes += script.chunk(connection, side, chunk)
        if (this.bytes > REDACTED_BYTES_MAX)
          throw new DeliveryError(
            `more than ${REDACTED_BYTES_MAX} bytes would have to be redacted; name fewer findings`,
          )
        return true
      },
      end: () => {
        script.anchor(connection)
        return true
      },
    }
  }
}

/** The sequence number of one position of a stream. */
interface Anchor {
  readonly position: number
  readonly seq: number
}

class Script {
  private readonly selected: SelectedSession
  private readonly units: Unit[] = []
  private readonly pieces: { readonly client: Piece[]; readonly server: Piece[] } = { client: [], server: [] }
  private readonly anchors = new Map<'client' | 'server', Anchor>()
  private readonly ends = { client: 0, server: 0 }
  private opaque: 'no' | 'tls' | 'other' = 'no'
  private startSeen = true
  private header: ProxyHeader | null = null
  private sides: { readonly client: Side; readonly server: Side } | null = null

  constructor(selected: SelectedSession) {
    this.selected = selected
  }

  group({ exchanges, replies }: Group): void {
    for (const { command } of exchanges) {
      const { kind, hidden, likeCommands, at } = command
      this.units.push({ kind, hidden, likeCommands, start: at.start, end: at.end })
      this.ends.client = Math.max(this.ends.client, at.end)
    }
    for (const { at } of replies) this.ends.server = Math.max(this.ends.server, at.end)
  }

  close({ limits, greeting, proxyHeader }: SessionReport): void {
    this.header = proxyHeader
    const codes = limits.map(({ code }) => code).filter((code) => OPAQUE.has(code))
    const beganTls = limits.some(({ code, reason }) => code === 'tls' || reason === TLS_IN_CLEAR)
    if (codes.length > 0) this.opaque = beganTls ? 'tls' : 'other'
    this.startSeen = !limits.some(({ code }) => code === 'midstream')
    if (greeting !== null) this.ends.server = Math.max(this.ends.server, greeting.at.end)
    this.units.sort((a, b) => a.start - b.start)
  }

  /** Returns how many bytes were kept. */
  chunk(connection: Connection, side: 0 | 1, { bytes, offset, length, position }: ChunkView): number {
    const who = this.whoIs(connection, side)
    const wanted =
      who === 'client'
        ? this.wantedOfClient(position, position + length)
        : this.wantedOfServer(position, position + length)
    for (const [from, to] of wanted)
      this.pieces[who].push({ position: from, bytes: bytes.slice(offset + from - position, offset + to - position) })
    return wanted.reduce((sum, [from, to]) => sum + to - from, 0)
  }

  anchor(connection: Connection): void {
    for (const side of [0, 1] as const) {
      const { next, nextSeq } = connection.halves[side]
      this.anchors.set(this.whoIs(connection, side), { position: next, seq: nextSeq })
    }
  }

  redact(names: Pseudonyms): void {
    const { units, pieces, startSeen } = this
    const credentials = credentialsOf(units, pieces.client)
    this.sides = {
      server: serverSide(pieces.server, this.opaqueFrom('server'), startSeen, credentials, names),
      client: clientSide(units, pieces.client, this.opaqueFrom('client'), this.header, names),
    }
  }

  rewrite(segment: SegmentView, fromClient: boolean, bytes: Uint8Array): void {
    const who = fromClient ? 'client' : 'server'
    const { seq, flags, offset, length } = segment
    const anchor = this.anchors.get(who)
    // In an unknown stream no position is known, so all of it is blanked.
    const first = (flags & SYN) === 0 ? seq : advance(seq, 1)
    const position = anchor === undefined ? Number.NEGATIVE_INFINITY : anchor.position + distance(anchor.seq, first)
    this.sides?.[who].rewrite(bytes, offset, offset + length, position)
  }

  private opaqueFrom(who: 'client' | 'server'): Opaque {
    const from = this.opaque === 'no' ? Number.POSITIVE_INFINITY : this.ends[who]
    return { from, tls: this.opaque === 'tls' }
  }

  private whoIs({ ends }: Connection, side: 0 | 1): 'client' | 'server' {
    const client = this.selected.session.client
    const port = ends.port(0)
    const first = port === ends.port(1) ? ends.name(0) === client : client.endsWith(`:${port}`)
    return (side === 0) === first ? 'client' : 'server'
  }

  /** Message content and bytes that were not understood are not needed. */
  private wantedOfClient(start: number, end: number): (readonly [number, number])[] {
    const wanted: (readonly [number, number])[] = []
    const clip = (from: number, to: number) => {
      const range = [Math.max(start, from), Math.min(end, to)] as const
      if (range[0] < range[1]) wanted.push(range)
    }
    if (this.header !== null)
      clip(this.header.at.start, Math.min(this.header.at.end, this.header.at.start + HEADER_BYTES))
    for (let u = this.unitAt(start); u < this.units.length; u++) {
      const unit = this.units[u] as Unit
      if (unit.start >= end) break
      if (unit.kind !== 'content') clip(unit.start, unit.end)
      else if (unit.likeCommands) clip(unit.start, Math.min(unit.end, unit.start + LINE_BYTES))
    }
    if (this.opaque === 'tls') clip(this.ends.client, this.ends.client + OPAQUE_BYTES)
    return wanted
  }

  private wantedOfServer(start: number, end: number): (readonly [number, number])[] {
    const to = this.opaque === 'no' ? end : Math.min(end, this.ends.server + OPAQUE_BYTES)
    return start < to ? [[start, to]] : []
  }

  /** The first unit that ends after the position. */
  private unitAt(position: number): number {
    let low = 0
    let high = this.units.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.units[middle] as Unit).end <= position) low = middle + 1
      else high = middle
    }
    return low
  }
}
