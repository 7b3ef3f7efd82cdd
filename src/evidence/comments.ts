// Comments of the evidence: one for each frame of a finding, one for the file.
import { notProved } from '../report/verdict-line.ts'
import type { FindingRecord } from '../rules/analysis.ts'

/**
 * Comments by frame of the evidence. `numberOf` translates frame numbers of the captures; 0 for a frame that is not
 * copied.
 */
export function commentsOf(
  findings: readonly FindingRecord[],
  numberOf: (frame: number) => number,
): ReadonlyMap<number, string> {
  const comments = new Map<number, string[]>()
  for (const finding of findings) {
    for (const frame of finding.frames) {
      const number = numberOf(frame)
      const lines = comments.get(number) ?? []
      comments.set(number, [...lines, commentOf(finding, frame, numberOf)])
    }
  }
  return new Map([...comments].map(([number, lines]) => [number, lines.join('\n\n')]))
}

/** `s1.2 input-lost (server, proved): …`, and what this frame shows of it. */
function commentOf(finding: FindingRecord, frame: number, numberOf: (frame: number) => number): string {
  const here = [
    ...finding.commands
      .filter(({ frames }) => frames.includes(frame))
      .map(({ verb, text }) => `C> ${text || (verb === 'CONTENT' ? '[message content]' : verb)}`),
    ...finding.replies.filter(({ frames }) => frames.includes(frame)).map(({ text }) => `S> ${text.split('\n')[0]}`),
  ]
  const said = finding.evidence.filter((sentence) => mentions(sentence, frame))
  return [headOf(finding), ...here, ...said].map((line) => renumbered(line, numberOf)).join('\n')
}

function headOf({ id, rule, party, certainty, message }: FindingRecord): string {
  return `${id} ${rule} (${party}, ${certainty}): ${notProved({ certainty })}${message}`
}

function mentions(sentence: string, frame: number): boolean {
  return new RegExp(`\\bframe ${frame}\\b`).test(sentence)
}

/** Translates the frame numbers in sentences of pipelint. Quoted text was captured and stays unchanged. */
function renumbered(sentence: string, numberOf: (frame: number) => number): string {
  const open = sentence.indexOf('"')
  const close = sentence.lastIndexOf('"')
  const ours = (text: string) =>
    text.replace(/\bframe (\d+)\b/g, (_, frame) => {
      const number = numberOf(Number(frame))
      return number === 0 ? 'a frame that is not in this file' : `frame ${number}`
    })
  if (open < 0) return ours(sentence)
  return `${ours(sentence.slice(0, open))}${sentence.slice(open, close + 1)}${ours(sentence.slice(close + 1))}`
}

interface Provenance {
  readonly version: string
  readonly sources: readonly { readonly name: string; readonly sha256: string }[]
  readonly redacted: boolean
  /** Some connections are only partly copied. */
  readonly excerpt: boolean
  /** Some connections were decrypted; `secrets`: the file contains their keys. */
  readonly tls: 'none' | 'decrypted' | 'secrets'
}

const TLS = {
  none: [],
  decrypted: ['Some sessions were decrypted with session keys that are not in this file.'],
  secrets: ['Some sessions were decrypted; their session keys are in this file.'],
} as const

/** The comment of the file: what it proves, and which captures it was made from. */
export function sectionComment(
  findings: readonly FindingRecord[],
  { version, sources, redacted, excerpt, tls }: Provenance,
  numberOf: (frame: number) => number,
): string {
  const listed = findings.slice(0, LISTED).map((finding) => renumbered(headOf(finding), numberOf))
  if (findings.length > LISTED) listed.push(`and ${findings.length - LISTED} more`)
  return [
    `Evidence of violations of SMTP command pipelining, selected by pipelint ${version}. Frame numbers are those of this file.`,
    ...listed,
    ...sources.map(({ name, sha256 }) => `From ${name}, SHA-256 ${sha256}.`),
    ...(excerpt
      ? [
          'Long connections are shortened to the handshake, the start of the session, the groups with findings, and the close.',
        ]
      : []),
    ...TLS[tls],
    ...(redacted
      ? [
          'Redacted: addresses, names, message content and credentials are replaced byte for byte; times, lengths and sequence numbers are unchanged.',
        ]
      : []),
  ].join('\n')
}

/** Findings that are listed in the comment of the file. */
const LISTED = 40
