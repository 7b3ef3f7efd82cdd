// A conversation, and what a proxy does to it -> the transcripts of both sides of the proxy. A model: no packet is
// forwarded, but every side is what a tap there would have seen.
import { parseTranscript, type Transcript } from './transcript.ts'

/** Commands sent in one breath, and the replies to them, one a command; null where none came. Lines of a reply by `\n`. */
export interface Turn {
  readonly commands: readonly string[]
  readonly replies: readonly (string | null)[]
  /** Before the replies, in milliseconds. */
  readonly waitMs?: number
}

export interface Conversation {
  readonly greeting: string
  readonly turns: readonly Turn[]
  /** Who closes behind the last turn; null: the server, after QUIT. */
  readonly closes?: 'C' | 'S' | null
}

export interface Sides {
  readonly before: Conversation
  readonly behind: Conversation
}

/** The `nth` segment of side `by` is missing from the capture. */
export interface Gap {
  readonly nth: number
}

export function transcriptOf(
  conversation: Conversation,
  options: readonly string[],
  gap: Gap | null = null,
): Transcript {
  const lines = [`S> ${conversation.greeting}`]
  for (const { commands, replies, waitMs = 1 } of conversation.turns) {
    commands.forEach((command, i) => {
      lines.push(`${i === 0 ? 'C>' : 'C|'} ${command}`)
    })
    const said = replies.filter((reply) => reply !== null).flatMap((reply) => reply.split('\n'))
    said.forEach((line, i) => {
      lines.push(`${i === 0 ? `S> [+${waitMs}ms]` : 'S|'} ${line}`)
    })
  }
  const { closes = null } = conversation
  if (closes !== null) lines.push(`${closes}> [fin]`)
  if (gap !== null) lines[gapAt(lines, gap.nth)] = lossOf(lines[gapAt(lines, gap.nth)] as string)
  return parseTranscript(lines.join('\n'), options)
}

/** Segments of both sides that can be missing. */
export function segmentsOf({ turns }: Conversation): number {
  return turns.reduce((sum, { replies }) => sum + (replies.some((reply) => reply !== null) ? 2 : 1), 0)
}

/** Segments begin at `>`. The greeting and the close are left alone. */
function gapAt(lines: readonly string[], nth: number): number {
  const starts = lines.flatMap((line, i) => (i > 0 && line[1] === '>' && !line.endsWith('[fin]') ? [i] : []))
  return starts[nth % starts.length] as number
}

const lossOf = (line: string) => `${line.slice(0, 2)} [lost]${line.slice(2)}`

/** A session with a message, every text in it its own. `n` makes it another one. */
export function conversation(n: number, recipients: number): Conversation {
  const rcpt = Array.from({ length: recipients }, (_, i) => `RCPT TO:<r${n}.${i}@example.net>`)
  return {
    greeting: `220 mail.example.net ESMTP ${n}`,
    turns: [
      {
        commands: [`EHLO client${n}.example.com`],
        replies: ['250-mail.example.net\n250-SIZE 10240000\n250 PIPELINING'],
      },
      {
        commands: [`MAIL FROM:<s${n}@example.com>`, ...rcpt, 'DATA'],
        replies: [
          '250 2.1.0 Sender ok',
          ...rcpt.map((_, i) => `250 2.1.5 <r${n}.${i}@example.net> ok`),
          '354 Go ahead',
        ],
      },
      { commands: [`Subject: ${n}\nC| \nC| text\nC| .`], replies: [`250 2.0.0 Ok: queued as Q${n}`] },
      { commands: [`MAIL FROM:<t${n}@example.com>`], replies: [`250 2.1.0 <t${n}@example.com> ok`] },
      { commands: [`RCPT TO:<u${n}@example.net>`], replies: [`550 5.1.1 <u${n}@example.net> unknown`] },
      { commands: ['RSET'], replies: ['250 2.0.0 Reset'] },
      { commands: ['QUIT'], replies: ['221 2.0.0 Bye'] },
    ],
  }
}
