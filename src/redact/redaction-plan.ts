// The redaction plan of a session. Input: the positions of its units, and the bytes of those that are lines. Output:
// for any part of a stream, the same number of bytes, redacted. Lines are redacted as in records. Of message content
// and of bytes that were not understood, only line ends and leading dots are kept.
import { SentCredentials } from '../smtp/parse/sent-credentials.ts'
import type { Command, ProxyHeader } from '../smtp/records.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import { redactCommandLine, redactReplyLine, redactSecret } from './redact-lines.ts'

const LF = 0x0a
const CR = 0x0d
const DOT = 0x2e
const BLANK = 0x78
/** First bytes of TLS records, and the length of the record header, which is kept for the first record. */
const TLS_ALERT = 0x15
const TLS_HANDSHAKE = 0x16
const TLS_HEADER = 5
/** Bytes of the fixed part of a binary PROXY header: signature, command, family and length. */
const PROXY_FIXED = 16

/** The bytes at `[position, position + bytes.length)` of a stream. */
export interface Piece {
  readonly position: number
  readonly bytes: Uint8Array
}

/** A unit of the client: its kind and stream positions. `likeCommands` as in `Command`. */
export type Unit = Pick<Command, 'kind' | 'hidden' | 'likeCommands'> & { readonly start: number; readonly end: number }

/** The redaction of one direction. */
export class Side {
  private readonly patches: Piece[] = []
  /** From this position on nothing is SMTP: line ends are blanked too. */
  private readonly opaqueFrom: number

  constructor(patches: readonly Piece[], opaqueFrom: number) {
    this.patches = [...patches].sort((a, b) => a.position - b.position)
    this.opaqueFrom = opaqueFrom
  }

  /** Redacts `[from, to)` of `bytes` in place. `position`: the stream position of `bytes[from]`. */
  rewrite(bytes: Uint8Array, from: number, to: number, position: number): void {
    const patched = this.patchesOver(position, position + to - from)
    let before = LF
    for (let at = from; at < to; at++) {
      const octet = bytes[at] as number
      const isLineEnd = octet === CR || octet === LF
      const keeps = isLineEnd || (octet === DOT && (before === LF || before === CR))
      if (!keeps || position + at - from >= this.opaqueFrom) bytes[at] = BLANK
      before = octet
    }
    for (const patch of patched) {
      const start = Math.max(position, patch.position)
      const end = Math.min(position + to - from, patch.position + patch.bytes.length)
      bytes.set(patch.bytes.subarray(start - patch.position, end - patch.position), from + start - position)
    }
  }

  private patchesOver(start: number, end: number): readonly Piece[] {
    const { patches } = this
    let low = 0
    let high = patches.length
    while (low < high) {
      const middle = (low + high) >> 1
      const patch = patches[middle] as Piece
      if (patch.position + patch.bytes.length <= start) low = middle + 1
      else high = middle
    }
    let behind = low
    while (behind < patches.length && (patches[behind] as Piece).position < end) behind++
    return patches.slice(low, behind)
  }
}

/** Where a stream stops being SMTP; Infinity when it does not. */
export interface Opaque {
  readonly from: number
  /** It stops because of STARTTLS: plaintext after it is judged. */
  readonly tls: boolean
}

/**
 * `pieces`: all bytes of the units except message content, of content that looks like commands its first line, and the
 * first bytes of the opaque part.
 */
export function clientSide(
  units: readonly Unit[],
  pieces: readonly Piece[],
  opaque: Opaque,
  header: ProxyHeader | null,
  names: Pseudonyms,
): Side {
  const text = joined(pieces)
  const patches = units.flatMap((unit) => {
    const line = unit.kind === 'content' ? commandIn(text, unit) : lineAt(text, unit.start, unit.end)
    if (line === null) return []
    return [patchOf(line, isSecret(unit) ? redactSecret : (words) => redactCommandLine(words, names))]
  })
  if (header !== null) patches.push(...headerPatches(text, header, names))
  if (opaque.tls) patches.push(...plaintext(text, opaque.from, 1, (words) => redactCommandLine(words, names)))
  return new Side(patches, opaque.from)
}

/** The first line of content that looks like commands: a finding says that it does. */
function commandIn(text: readonly Piece[], { likeCommands, start, end }: Unit): Line | null {
  const piece = likeCommands ? pieceAt(text, start) : undefined
  if (piece === undefined) return null
  const { bytes, position } = piece
  return lineAt(text, start, end) ?? lineOf(bytes, start - position, Math.min(end - position, bytes.length), position)
}

function isSecret({ kind, hidden }: Unit): boolean {
  return hidden || kind === 'auth-response'
}

/** Of a binary header only the fixed part is kept, which contains the length. */
function headerPatches(text: readonly Piece[], { version, at }: ProxyHeader, names: Pseudonyms): Piece[] {
  if (version === 1) {
    const line = lineAt(text, at.start, at.end)
    return line === null ? [] : [patchOf(line, (words) => redactCommandLine(words, names))]
  }
  const piece = pieceAt(text, at.start)
  if (piece === undefined) return []
  const from = at.start - piece.position
  return [{ position: at.start, bytes: piece.bytes.slice(from, from + PROXY_FIXED) }]
}

/** The credentials in the client's lines, which the server may quote. `pieces` as in `clientSide`. */
export function credentialsOf(units: readonly Unit[], pieces: readonly Piece[]): SentCredentials {
  const credentials = new SentCredentials()
  const text = joined(pieces)
  for (const unit of units) {
    const line = unit.kind === 'content' ? null : lineAt(text, unit.start, unit.end)
    if (line === null) continue
    if (isSecret(unit)) credentials.add(line.words)
    else credentials.addOf(line.words)
  }
  return credentials
}

/** `pieces`: all bytes before the opaque part, and the first bytes of it. `startSeen`: position 0 begins a line. */
export function serverSide(
  pieces: readonly Piece[],
  opaque: Opaque,
  startSeen: boolean,
  credentials: SentCredentials,
  names: Pseudonyms,
): Side {
  const text = joined(pieces)
  const redact = (words: string) => redactReplyLine(credentials.masked(words), names)
  const patches: Piece[] = []
  for (const { position, bytes } of text) {
    const end = Math.min(position + bytes.length, opaque.from)
    // The rest of a line after a gap cannot be interpreted.
    let at = position === 0 && startSeen ? 0 : behindLine(bytes, position)
    for (let line = lineAt(text, at, end); line !== null; line = lineAt(text, at, end)) {
      patches.push(patchOf(line, redact))
      at = line.end
    }
    // The last line of a server may lack its line end, which is a fault of its own.
    if (bytes === text[text.length - 1]?.bytes && opaque.from === Number.POSITIVE_INFINITY && at < end)
      patches.push(
        patchOf(lineOf(bytes, at - position, bytes.length, position), (words) => redactReplyLine(words, names)),
      )
  }
  const lines = Number.POSITIVE_INFINITY
  if (opaque.tls) patches.push(...plaintext(text, opaque.from, lines, redact))
  return new Side(patches, opaque.from)
}

interface Line {
  readonly position: number
  /** The position after its line end. */
  readonly end: number
  /** One character for each byte. */
  readonly words: string
  readonly lineEnd: Uint8Array
}

/** Lines between STARTTLS and TLS, at most `count`, and the header of the first TLS record. */
function plaintext(text: readonly Piece[], from: number, count: number, redact: (words: string) => string): Piece[] {
  const patches: Piece[] = []
  let at = from
  for (let lines = 0; lines <= count; lines++) {
    const piece = pieceAt(text, at)
    if (piece === undefined) break
    const first = piece.bytes[at - piece.position]
    if (first === TLS_HANDSHAKE || first === TLS_ALERT) {
      const header = piece.bytes.slice(at - piece.position, at - piece.position + TLS_HEADER)
      patches.push({ position: at, bytes: header })
      break
    }
    const line = lines < count ? lineAt(text, at, Number.POSITIVE_INFINITY) : null
    if (line === null) break
    patches.push(patchOf(line, redact))
    at = line.end
  }
  return patches
}

function pieceAt(text: readonly Piece[], at: number): Piece | undefined {
  return text.find(({ position, bytes }) => at >= position && at < position + bytes.length)
}

/** The line that begins at `start` and ends before `end`; null when it is not complete. */
function lineAt(text: readonly Piece[], start: number, end: number): Line | null {
  const piece = pieceAt(text, start)
  if (piece === undefined) return null
  const { bytes, position } = piece
  const from = start - position
  const lf = bytes.indexOf(LF, from)
  return lf < 0 || position + lf >= end ? null : lineOf(bytes, from, lf + 1, position)
}

/** The line at `[from, to)` of bytes that begin at `position` of the stream. */
function lineOf(bytes: Uint8Array, from: number, to: number, position: number): Line {
  let words = to
  if (bytes[words - 1] === LF) words--
  while (words > from && bytes[words - 1] === CR) words--
  return {
    position: position + from,
    end: position + to,
    words: Array.from(bytes.subarray(from, words), (octet) => String.fromCharCode(octet)).join(''),
    lineEnd: bytes.slice(words, to),
  }
}

function behindLine(bytes: Uint8Array, position: number): number {
  const lf = bytes.indexOf(LF)
  return position + (lf < 0 ? bytes.length : lf + 1)
}

function patchOf({ position, words, lineEnd }: Line, redact: (words: string) => string): Piece {
  const redacted = Uint8Array.from(redact(words), (character) => character.charCodeAt(0))
  const bytes = new Uint8Array(words.length + lineEnd.length)
  bytes.set(redacted.subarray(0, words.length))
  bytes.set(lineEnd, words.length)
  return { position, bytes }
}

/** Joins adjacent pieces. `pieces` are in stream order. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const runs: { position: number; end: number; parts: Uint8Array[] }[] = []
  for (const { position, bytes } of pieces) {
    const last = runs[runs.length - 1]
    if (last?.end === position) {
      last.parts.push(bytes)
      last.end += bytes.length
    } else {
      runs.push({ position, end: position + bytes.length, parts: [bytes] })
    }
  }
  return runs.map(({ position, end, parts }) => {
    const bytes = new Uint8Array(end - position)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return { position, bytes }
  })
}
