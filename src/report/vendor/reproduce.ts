// How to reproduce a case: the exact group, and shell commands that send it and say whether the fault is there, by the
// number of replies, their order, or the time between them. Captured text never appears in these commands, because users
// paste them into a shell: verbs come from a table, addresses are examples, and the address of the server is formatted by
// this program.
import type { Verb } from '../../smtp/parse/commands.ts'
import type { Exchange } from '../../smtp/records.ts'
import { counted, decimal } from '../format-text.ts'
import { type Case, faultyRun, isLmtp, paragraph } from './case.ts'
import { type Contrast, listed } from './contrast.ts'
import type { Block, Section, Words } from './report-model.ts'
import type { DialogueSample } from './second-pass.ts'
import { APART, type Group, LONG_PAUSE, PAUSE, repliesFunction, scriptOf } from './shell-script.ts'

/** The lines to send for a verb. Verbs that are missing here need secrets. */
const LINES: Readonly<Partial<Record<Verb, readonly string[]>>> = {
  EHLO: ['EHLO client.example.com'],
  HELO: ['HELO client.example.com'],
  LHLO: ['LHLO client.example.com'],
  MAIL: ['MAIL FROM:<sender@example.com>'],
  RCPT: ['RCPT TO:<recipient@example.com>'],
  DATA: ['DATA'],
  // Six bytes with the line end.
  BDAT: ['BDAT 6 LAST', 'test'],
  RSET: ['RSET'],
  NOOP: ['NOOP'],
  QUIT: ['QUIT'],
  VRFY: ['VRFY postmaster'],
  HELP: ['HELP'],
  CONTENT: ['Subject: test', '', 'test', '.'],
  OTHER: ['XTEST'],
}
/** Maximum number of units in a script, so that it can be pasted into a shell. */
const UNITS = 32

/**
 * What shows a fault: the number and order of the replies; replies that come only with later input, or before the end of
 * the message; or that the server refuses what it has offered.
 */
type Sign = 'count' | 'held-back' | 'early' | 'refusal'

/** Rules that no shell command can test are missing. */
const SIGNS: Readonly<Record<string, Sign>> = {
  'input-lost': 'count',
  'reply-out-of-order': 'count',
  'premature-close': 'count',
  'reply-missing': 'count',
  'reply-unexpected': 'count',
  'lmtp-reply-count': 'count',
  'replies-withheld': 'held-back',
  'sync-reply-buffered': 'held-back',
  'unrecognized-reply-buffered': 'held-back',
  'reply-before-command': 'early',
  'pipelining-rejected': 'refusal',
  'advertised-but-unimplemented': 'refusal',
}

export function reproduce(told: Case): Section {
  const { plan, samples } = told
  const trials = plan.party === 'client' ? [] : samples.flatMap((sample) => trialOf(sample, isLmtp(told)) ?? [])
  const [trial] = trials
  const section = { id: 'reproduce', title: 'How to reproduce' }
  if (trial === undefined) return { ...section, blocks: [paragraph(plan.party === 'client' ? CLIENT : UNTOLD)] }
  return { ...section, blocks: blocksOf(trial, told) }
}

const CLIENT =
  'A shell command cannot reproduce a fault of a client: capture the client again while it sends mail to a server that answers as in the dialogue above.'
const STAND_IN =
  'This report is redacted, so the address in these lines is a placeholder: replace it by the address of the server.'
const UNTOLD = 'A shell command cannot reproduce this fault; the dialogue above contains everything that was captured.'

interface Trial {
  readonly sample: DialogueSample
  readonly sign: Sign
  readonly run: readonly Exchange[]
  readonly verbs: readonly Verb[]
  readonly lmtp: boolean
  /** A command of the group was refused, which may be what the fault needs. */
  readonly refused: boolean
}

function trialOf(sample: DialogueSample, lmtp: boolean): Trial | null {
  const [sign] = sample.findings.flatMap(({ rule, party }) => (party === 'server' ? (SIGNS[rule] ?? []) : []))
  const run = faultyRun(sample)
  const verbs = run.map(({ command }) => command.verb)
  if (sign === undefined || verbs.length === 0 || verbs.length > UNITS) return null
  if (verbs.some((verb) => LINES[verb] === undefined)) return null
  // A NOOP behind DATA would be content, and one behind QUIT is owed nothing.
  if (sign === 'held-back' && ['DATA', 'QUIT'].includes(verbs[verbs.length - 1] ?? '')) return null
  if (sign === 'early' && verbs[0] !== 'CONTENT') return null
  if (sign === 'count' && surplusOf(sample, run) === 0 && !showsByCount(run)) return null
  const refused = sign !== 'refusal' && run.some(({ replies }) => replies.some(({ code }) => code >= 400))
  // Without a recipient it is not known whether DATA and BDAT are refused: what follows may be commands or content.
  if (refused && (verbs.includes('DATA') || verbs.includes('BDAT'))) return null
  return { sample, sign, run, verbs, lmtp, refused }
}

/** Number of replies in the group of the run that answer none of its commands. */
function surplusOf({ groups }: DialogueSample, [first]: readonly Exchange[]): number {
  const group = groups.find((one) => one?.exchanges.some(({ command }) => command === first?.command))
  return group?.surplus.length ?? 0
}

/** Whether the number of the replies, or the place of a 221 or 354, shows the fault in the capture. */
function showsByCount(run: readonly Exchange[]): boolean {
  const due = run.flatMap(({ command, owed }) => Array<Verb>(owed).fill(command.verb))
  const replies = run.flatMap((exchange) => exchange.replies).sort((a, b) => a.at.start - b.at.start)
  if (replies.length !== due.length) return true
  return replies.some(({ code }, i) => (code === 221 && due[i] !== 'QUIT') || (code === 354 && due[i] !== 'DATA'))
}

function blocksOf(trial: Trial, { plan, redacted }: Case): Block[] {
  const { sample, sign, verbs } = trial
  const [host, port] = endpointOf(sample.server)
  const groups = groupsOf(trial, [verbs])
  const connections = connectionsOf(trial, host, port)
  const first = connections[0] as Connection
  return [
    paragraph(...whatIsSent(trial)),
    paragraph(...how(trial)),
    ...(redacted ? [paragraph(STAND_IN)] : []),
    {
      kind: 'code',
      caption: 'First, a function that reads the replies',
      text: repliesFunction(sign === 'refusal' ? 'fault' : trial.refused ? 'expected' : 'says-nothing'),
    },
    ...connections.map(
      ({ caption, command, greeted }): Block => ({
        kind: 'code',
        caption,
        text: scriptOf(groups, command, greeted),
      }),
    ),
    ...apart(trial, plan.contrast).map(
      (parts): Block => ({
        kind: 'code',
        caption: 'For comparison, the smallest change that works in this capture',
        text: scriptOf(groupsOf(trial, parts), first.command, first.greeted),
      }),
    ),
    ...swaks(verbs, host, port),
  ]
}

function whatIsSent({ sample, sign, run, verbs }: Trial): Words {
  const due = run.reduce((sum, { owed }) => sum + owed, 0)
  const sent = run.reduce((sum, { replies }) => sum + replies.length, surplusOf(sample, run))
  const names = [
    ...new Set(verbs.map((verb) => (verb === 'CONTENT' ? '.' : ((LINES[verb]?.[0] ?? '').split(' ')[0] ?? '')))),
  ]
  return [
    'The group is ',
    ...listed(names, ' and '),
    `: ${counted(verbs.length, verbs.some((verb) => verb === 'CONTENT' || verb === 'BDAT') ? 'item' : 'command')}, sent without waiting for replies. `,
    `A server that follows the standard sends ${counted(due, 'reply', 'replies')} to it; in the capture it sent ${decimal(sent)}. `,
    EXPECTED[sign],
  ]
}

const EXPECTED: Readonly<Record<Sign, string>> = {
  count: 'The lines below count the replies and check that 221 answers QUIT and 354 answers DATA.',
  'held-back': `The lines below send nothing for ${LONG_PAUSE} seconds and then NOOP: replies that come only then were held back.`,
  early: `The lines below send the end of the message ${LONG_PAUSE} seconds after the rest of it: a reply must not come before.`,
  refusal: 'The lines below tell whether the server refuses any of these commands.',
}

const how = ({ refused }: Trial): Words => [
  'They end with FAULT, NO FAULT or NO RESULT. Replace ',
  { code: 'recipient@example.com' },
  ` by one that the server ${refused ? 'refuses, as in the capture' : 'accepts'}. `,
  { code: 'env' },
  ' is needed: it runs the ',
  { code: 'printf' },
  ' program, which writes all lines at once; the one built into bash writes them one by one.',
]

interface Connection {
  readonly caption: string
  readonly command: string
  readonly greeted: boolean
}

/** As the session was encrypted; else in plaintext, and after STARTTLS. */
function connectionsOf({ sample, run, lmtp }: Trial, host: string, port: string): Connection[] {
  const target = `-connect ${host.includes(':') ? `[${host}]` : host}:${port}`
  // -quiet, because s_client takes lines that begin with R or Q as its own commands.
  const starttls = `openssl s_client -quiet -starttls ${lmtp ? 'lmtp' : 'smtp'} ${target}`
  const began = sample.groups.some((group) => group?.exchanges.some(({ command }) => command.verb === 'STARTTLS'))
  if (sample.encryption === 'decrypted' && !began)
    return [{ caption: 'In TLS', command: `openssl s_client -quiet ${target}`, greeted: true }]
  const plain = { caption: 'In plaintext', command: `nc ${host} ${port}`, greeted: true }
  const offered = began || run.some(({ keywords }) => keywords?.has('STARTTLS') === true)
  const caption = `The same after STARTTLS, ${offered ? 'which the server offers' : 'if the server offers it'}`
  const encrypted = { caption, command: starttls, greeted: false }
  return sample.encryption === 'decrypted' ? [encrypted, plain] : [plain, encrypted]
}

const linesOf = (verbs: readonly Verb[]) => verbs.flatMap((verb) => LINES[verb] ?? [])

/** What to send: the commands that must precede the group, the group in parts, and what ends the session. */
function groupsOf(trial: Trial, parts: readonly (readonly Verb[])[]): Group[] {
  const { run, sign, lmtp, verbs } = trial
  const opening = before(run, lmtp)
  const recipients = [...opening, ...verbs].filter((verb) => verb === 'RCPT').length
  const owed = new Map(run.map(({ command, owed: replies }) => [command.verb, replies]))
  const due = (verb: Verb) => {
    const name = verb === 'CONTENT' ? 'content' : (LINES[verb]?.[0] ?? '').split(' ')[0] || 'content'
    return Array<string>(verb === 'CONTENT' || verb === 'BDAT' ? (owed.get(verb) ?? 1) : 1).fill(name)
  }
  const group = (sent: readonly Verb[], pause = PAUSE): Group => ({
    lines: linesOf(sent),
    due: sent.flatMap(due),
    pause,
  })
  const groups = [...opening.map((verb) => group([verb])), ...parts.flatMap((part) => split(group(part), sign))]
  if (sign === 'held-back') groups.push({ ...group(['NOOP'], LONG_PAUSE), due: [`NOOP+${APART}`] })
  const last = verbs[verbs.length - 1]
  if (last === 'DATA') {
    const content = Array<string>(lmtp ? Math.max(1, recipients) : 1).fill('content')
    groups.push({ ...group(['CONTENT']), due: content })
  }
  return verbs.includes('QUIT') ? groups : [...groups, group(['QUIT'])]
}

/** The end of the message is sent later, when the fault is a reply that comes before it. */
function split(whole: Group, sign: Sign): Group[] {
  const { lines, due, pause } = whole
  const end = lines.indexOf('.')
  if (sign !== 'early' || end < 0) return [whole]
  const [first = '', ...more] = due
  return [
    { lines: lines.slice(0, end), due: [], pause },
    { lines: lines.slice(end), due: [`${first}+${APART}`, ...more], pause: LONG_PAUSE },
  ]
}

/** The same commands one by one, if they are refused together; or apart, if that worked. */
function apart({ verbs, sign }: Trial, { condition, working }: Contrast): (readonly (readonly Verb[])[])[] {
  if (sign === 'refusal' && verbs.length > 1) return [verbs.map((verb) => [verb])]
  const last = verbs[verbs.length - 1]
  if (last === undefined || sign !== 'count') return []
  if (condition?.kind !== 'together' || condition.verb !== last || !working.some(({ shape }) => shape === last))
    return []
  return [[verbs.slice(0, -1), [last]]]
}

/** The commands that must precede the group, each sent separately. */
function before([first]: readonly Exchange[], lmtp: boolean): Verb[] {
  const verb = first?.command.verb
  const hello: Verb = lmtp ? 'LHLO' : 'EHLO'
  // In LMTP each recipient of a message is owed a reply.
  const recipients = Array<Verb>(lmtp ? Math.max(1, Math.min(first?.owed ?? 1, UNITS)) : 1).fill('RCPT')
  if (verb === 'EHLO' || verb === 'HELO' || verb === 'LHLO') return []
  if (verb === 'CONTENT') return [hello, 'MAIL', ...recipients, 'DATA']
  if (verb === 'BDAT') return [hello, 'MAIL', ...recipients]
  if (verb === 'DATA') return [hello, 'MAIL', 'RCPT']
  return verb === 'RCPT' ? [hello, 'MAIL'] : [hello]
}

/** swaks pipelines only MAIL, RCPT and DATA. */
function swaks(verbs: readonly Verb[], host: string, port: string): Block[] {
  if (verbs[0] !== 'MAIL' || verbs[verbs.length - 1] !== 'DATA') return []
  if (verbs.length < 3 || !verbs.slice(1, -1).every((verb) => verb === 'RCPT')) return []
  const to = verbs
    .slice(1, -1)
    .map(() => 'recipient@example.com')
    .join(',')
  return [
    {
      kind: 'code',
      caption: 'With swaks, which pipelines this group',
      text: `swaks --pipeline --server ${host} --port ${port} \\\n  --helo client.example.com --from sender@example.com \\\n  --to ${to}`,
    },
  ]
}

/** Address and port if they consist of digits, letters, dots and colons; otherwise an example. */
function endpointOf(server: string): readonly [string, string] {
  const [, bracketed, plain, port = '25'] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d+)$/.exec(server) ?? []
  return [bracketed ?? plain ?? 'mail.example.com', port]
}
