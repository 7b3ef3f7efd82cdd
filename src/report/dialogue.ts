// The dialogue of a session as lines of text, in the form that mail people write by hand: C> and S>; the order of its
// commands and replies; and a text block of a report, with frames and times in a margin.
import type { FindingRecord } from '../rules/analysis.ts'
import type { Command, Exchange, Reply } from '../smtp/records.ts'
import { terminal } from './escape.ts'
import { counted, decimal, wrap } from './format-text.ts'
import type { DialogueLine } from './vendor/report-model.ts'

/** Bytes of the final dot and its line end. */
const DOT_BYTES = 3

/** The command should have a reply, and it is missing. */
export function lacksReply({ command, replies, owed, sure }: Exchange): boolean {
  return replies.length < owed && sure && command.complete
}

/**
 * Commands and replies in the order of what each side had seen: a reply that had reached the client before it sent a
 * command stands above the command, and a command that the server had received stands above the reply. Where neither
 * had seen the other, capture order decides.
 */
export function inOrderSeen(exchanges: readonly Exchange[], replies: readonly Reply[]): readonly (Exchange | Reply)[] {
  const ordered: (Exchange | Reply)[] = []
  let r = 0
  for (const exchange of exchanges) {
    for (let reply = replies[r]; reply !== undefined && isAbove(reply, exchange.command); reply = replies[++r])
      ordered.push(reply)
    ordered.push(exchange)
  }
  return [...ordered, ...replies.slice(r)]
}

function isAbove({ at, seenAtEnd }: Reply, { at: sent, seenAtStart }: Command): boolean {
  if (seenAtStart >= at.end) return true
  if (seenAtEnd >= sent.end) return false
  return at.firstFrame < sent.firstFrame
}

/** Where a finding stands: the index of the last entry that is no later than its frames. */
export function placeOf(
  { frames }: Pick<FindingRecord, 'frames'>,
  entries: readonly { readonly frame: number }[],
): number {
  const last = frames.at(-1) ?? Number.POSITIVE_INFINITY
  return Math.max(
    0,
    entries.findLastIndex(({ frame }) => frame <= last),
  )
}

/** Marks the speaker of a line, also where there is no colour. */
export const SIGNS: Readonly<Record<DialogueLine['who'], string>> = {
  client: 'C>',
  server: 'S>',
  mark: '!!',
  note: '--',
}

/** The fields of a line that no packet carries. */
export const NOWHERE = { timeNs: null, frame: null, acked: null, lost: false } as const

/** `startNs`: when the connection began. */
export function commandLines({ command }: Exchange, lost: boolean, startNs: number): DialogueLine[] {
  return unitLines(command).map((text, i) => {
    if (i > 0) return { ...NOWHERE, who: 'client', text, lost }
    const { at, acked } = command
    return { who: 'client', text, timeNs: at.timeNs - startNs, frame: at.firstFrame, acked, lost }
  })
}

export function replyLines({ lines, lineCount, at }: Reply, startNs: number): DialogueLine[] {
  const place = { timeNs: at.timeNs - startNs, frame: at.firstFrame, acked: null, lost: false }
  const unkept = lineCount - lines.length
  return [
    ...lines.map((text, i): DialogueLine => ({ who: 'server', text, ...(i === 0 ? place : NOWHERE) })),
    ...(unkept > 0 ? [{ ...NOWHERE, who: 'note', text: counted(unkept, 'more line') } as const] : []),
  ]
}

/** The text of a unit. Content and AUTH responses are never shown. */
export function unitLines(command: Command): string[] {
  const octets = command.at.end - command.at.start
  if (command.kind === 'auth-response') return [`[AUTH response, ${decimal(octets)} bytes]`]
  if (command.kind !== 'content') return [command.text]
  if (command.verb === 'XEXCH50')
    return [`[XEXCH50 data, ${decimal(octets)} bytes${command.complete ? '' : ', not ended'}]`]
  if (!command.complete) return [`[message content, ${decimal(octets)} bytes, not ended]`]
  return octets <= DOT_BYTES ? ['.'] : [`[message content, ${decimal(octets - DOT_BYTES)} bytes]`, '.']
}

/** `0.251000`: down to the microsecond, which is what most captures know. */
export function elapsed(timeNs: number): string {
  const micros = Math.floor(timeNs / 1000)
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`
}

const LEAST = 40

export function spoken(lines: readonly DialogueLine[], width: number): string[] {
  const frames = lines.map(({ frame, place }) => place ?? (frame === null ? '' : `#${frame}`))
  const times = lines.map(({ timeNs }) => (timeNs === null ? '' : elapsed(timeNs)))
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length))
  const [a, b] = [widest(frames), widest(times)]
  const margin = (i: number) => `${(frames[i] ?? '').padStart(a)}  ${(times[i] ?? '').padStart(b)}  `
  return lines.flatMap((line, i) => {
    const before = lines[i - 1]
    const turned = before !== undefined && before.who !== line.who ? [''] : []
    return [...turned, ...told(line, margin(i), width)]
  })
}

function told(line: DialogueLine, margin: string, width: number): string[] {
  const text = terminal(line.text)
  if (line.who === 'client' || line.who === 'server') {
    const head = `${margin}${SIGNS[line.who]} ${text}`
    const fate = fateOf(line)
    if (fate === '') return [head]
    return head.length + 3 + fate.length <= width
      ? [`${head}   ${fate}`]
      : [head, `${' '.repeat(margin.length)}   ${fate}`]
  }
  const indent = ' '.repeat(margin.length)
  const room = Math.max(LEAST, width - margin.length - 3)
  return wrap(text, room).map((part, i) => (i === 0 ? `${margin}${SIGNS[line.who]} ${part}` : `${indent}   ${part}`))
}

function fateOf({ lost, certainty, acked, ackedPlace = `#${acked}` }: DialogueLine): string {
  if (!lost) return ''
  if (certainty === 'suspected') return '<-- no reply captured: suspected to be lost'
  return acked === null ? '<-- no reply' : `<-- no reply; acknowledged in ${ackedPlace}`
}
