// A finding -> the same finding without names. Its sentences are ours, but they quote: whole lines between quotation
// marks, and verbs that nobody knows.
import type { FindingCommand, FindingRecord, FindingReply } from '../rules/analysis.ts'
import { octetwise } from './escaped-text.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import { redactCommandLine, redactReplyLine } from './redact-lines.ts'
import { redactOurWords } from './redact-words.ts'

/** As a record shows a line that may be a credential. */
const HIDDEN = '[hidden]'

export function commandText(text: string, names: Pseudonyms): string {
  return text === HIDDEN ? text : octetwise(text, (line) => redactCommandLine(line, names))
}

export function replyText(text: string, names: Pseudonyms): string {
  return octetwise(text, (line) => redactReplyLine(line, names))
}

export function redactFinding(finding: FindingRecord, names: Pseudonyms): FindingRecord {
  const { commands: spoken, replies: answered } = finding
  const commands = spoken.map((command) => redactCommand(command, names))
  const replies = answered.map((reply) => redactReply(reply, names))
  const quotes = [
    ...answered.map(({ text }, i) => quoteOf(firstLine(text), firstLine(replies[i]?.text ?? ''))),
    ...spoken.map(({ text }, i) => quoteOf(text, commands[i]?.text ?? '')),
  ]
  const verbs = spoken.flatMap(({ verb, text }, i) =>
    verb === 'OTHER' ? [[firstWord(text), firstWord(commands[i]?.text ?? '')] as const] : [],
  )
  const sentence = (text: string) => redactSentence(text, quotes, verbs, names)
  return {
    id: finding.id,
    session: finding.session,
    rule: finding.rule,
    party: finding.party,
    severity: finding.severity,
    certainty: finding.certainty,
    clauses: finding.clauses,
    message: sentence(finding.message),
    expected: sentence(finding.expected),
    actual: sentence(finding.actual),
    group: finding.group,
    commands,
    replies,
    frames: finding.frames,
    evidence: finding.evidence.map(sentence),
    displayFilter: redactFilter(finding.displayFilter, names),
    // It names nobody: verbs, codes and numbers.
    ...(finding.proof !== undefined && { proof: finding.proof }),
  }
}

function redactCommand(command: FindingCommand, names: Pseudonyms): FindingCommand {
  const { index, verb, text, at, frames } = command
  return { index, verb, text: commandText(text, names), at, frames }
}

function redactReply({ index, code, text, at, frames }: FindingReply, names: Pseudonyms): FindingReply {
  const lines = text.split('\n').map((line) => replyText(line, names))
  return { index, code, text: lines.join('\n'), at, frames }
}

/** A line, and how it reads redacted. */
interface Quote {
  readonly line: string
  readonly redacted: string
}

const quoteOf = (line: string, redacted: string): Quote => ({ line, redacted })
const firstLine = (text: string) => text.split('\n', 1)[0] ?? ''
/** As sentences name a command whose verb nobody knows. */
const firstWord = (text: string) => (text.split(' ')[0] ?? '').slice(0, 20)

/** What a profile would have answered are our words. */
const PROFILE = ' would have refused this client: "'
const LOOKS_LIKE_REPLY = /^\d{3}[ -]/

function redactSentence(
  text: string,
  quotes: readonly Quote[],
  verbs: readonly (readonly [string, string])[],
  names: Pseudonyms,
): string {
  if (text.includes(PROFILE)) return text
  // A verb may have marks of its own.
  const marked = verbs.find(([verb]) => verb.includes('"') && text.includes(verb))
  if (marked !== undefined) {
    const others = verbs.filter((verb) => verb !== marked)
    const redact = (between: string) => redactSentence(between, quotes, others, names)
    return text.split(marked[0]).map(redact).join(marked[1])
  }
  if (LOOKS_LIKE_REPLY.test(text) && quotes.some(({ line }) => isCutOf(text, line)))
    return redactQuote(text, quotes, names)
  // Between the first and the last mark, because what is quoted may have marks of its own.
  const open = text.indexOf('"')
  const close = text.lastIndexOf('"')
  const ours = (words: string) => redactWords(words, verbs, names)
  if (close <= open) return ours(text)
  return `${ours(text.slice(0, open))}"${redactQuote(text.slice(open + 1, close), quotes, names)}"${ours(text.slice(close + 1))}`
}

/** Sentences quote lines whole, or cut with or without saying so. */
function redactQuote(quoted: string, quotes: readonly Quote[], names: Pseudonyms): string {
  for (const { line, redacted } of quotes) {
    if (quoted === line) return redacted
    if (isCutOf(quoted, line))
      return quoted.endsWith('...') ? `${redacted.slice(0, quoted.length - 3)}...` : redacted.slice(0, quoted.length)
  }
  return replyText(quoted, names)
}

function isCutOf(quoted: string, line: string): boolean {
  return line.startsWith(quoted) || (quoted.endsWith('...') && line.startsWith(quoted.slice(0, -3)))
}

/** Our words, and verbs among them: whole words only, for the first word of a line may be a part of ours. */
function redactWords(text: string, verbs: readonly (readonly [string, string])[], names: Pseudonyms): string {
  const [first, ...others] = verbs
  if (first === undefined) return redactOurWords(text, names)
  const [verb, redacted] = first
  if (verb === '') return redactWords(text, others, names)
  const word = verb.replace(/[^\w]/g, '\\$&')
  return text
    .split(new RegExp(`(?<![\\w-])${word}(?![\\w-])`))
    .map((between) => redactWords(between, others, names))
    .join(redacted)
}

/** `ip.addr == 192.0.2.1 && …`. */
function redactFilter(filter: string, names: Pseudonyms): string {
  return filter.replace(/(\baddr == )(\S+)/g, (_, field: string, address: string) => {
    return field + (names.addresses.shown(address) ?? address)
  })
}
