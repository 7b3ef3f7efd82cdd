// How to reproduce a case: the exact group, and shell commands that send it. Captured text never appears in these
// commands, because users paste them into a shell: verbs come from a table, addresses are examples, and the address of
// the server is formatted by this program.
import type { Verb } from '../../smtp/parse/commands.ts'
import type { Exchange } from '../../smtp/records.ts'
import { counted, decimal } from '../format-text.ts'
import { type Case, faultyRun, isLmtp, paragraph } from './case.ts'
import { type Contrast, listed } from './contrast.ts'
import type { Block, Section } from './report-model.ts'

/** The lines to send for a verb. Verbs that are missing here need secrets or are unknown. */
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
}
/** Maximum number of units in a script, so that it can be pasted into a shell. */
const UNITS = 32
/** Line width of the script, so that it fits into a mail when indented. */
const COLUMNS = 70
/** Seconds between groups, for a slow greeting and for all replies. */
const PAUSE = 5

export function reproduce(told: Case): Section {
  const { plan, samples } = told
  const sample = samples.find((one) => faultyRun(one).length > 0)
  const blocks = sample === undefined || plan.party === 'client' ? [] : lines(faultyRun(sample), sample.server, told)
  return {
    id: 'reproduce',
    title: 'How to reproduce',
    blocks: blocks.length > 0 ? blocks : [paragraph(plan.party === 'client' ? CLIENT : UNTOLD)],
  }
}

const CLIENT =
  'A shell command cannot reproduce a fault of a client: capture the client again while it sends mail to a server that answers as in the dialogue above.'
const STAND_IN =
  'This report is redacted, so the address in these lines is a placeholder: replace it by the address of the server.'
const UNTOLD = 'A shell command cannot reproduce this fault; the dialogue above contains everything that was captured.'

function lines(run: readonly Exchange[], server: string, told: Case): Block[] {
  const { plan, redacted } = told
  const verbs = run.map(({ command }) => command.verb)
  if (verbs.length > UNITS || verbs.some((verb) => LINES[verb] === undefined)) return []
  const [host, port] = endpointOf(server)
  const lmtp = isLmtp(told)
  const opening = before(run, lmtp)
  const script = scriptOf([...opening, linesOf(verbs)])
  const due = run.reduce((sum, { owed }) => sum + owed, 0)
  const sent = run.reduce((sum, { replies }) => sum + replies.length, 0)
  const names = [...new Set(verbs.map((verb) => (verb === 'CONTENT' ? '.' : verb)))]
  const tls = `openssl s_client -quiet -starttls ${lmtp ? 'lmtp' : 'smtp'} -connect ${host.includes(':') ? `[${host}]` : host}:${port}`
  return [
    paragraph(
      ...[
        'The group is ',
        ...listed(names, ' and '),
        `: ${counted(verbs.length, 'unit')}, sent without waiting for replies. `,
      ],
      `A server that follows the standard sends ${counted(due, 'reply', 'replies')} to it; in the capture it sent ${decimal(sent)}. Replace the recipient by one that the server accepts: `,
      ...[{ code: 'recipient@example.com' }, '. ', { code: 'env' }, ' is needed: it runs the '],
      ...[
        { code: 'printf' },
        ' program, which writes all lines at once; the one built into bash writes them one by one.',
      ],
    ),
    ...(redacted ? [paragraph(STAND_IN)] : []),
    { kind: 'code', caption: 'In plaintext', text: `${script} |\n  nc ${host} ${port}` },
    // -quiet, because s_client takes lines that begin with R or Q as its own commands.
    { kind: 'code', caption: 'The same after STARTTLS', text: `${script} |\n  ${tls}` },
    ...apart(verbs, plan.contrast).map(
      (parts): Block => ({
        kind: 'code',
        caption: 'For comparison, the smallest change that works in this capture',
        text: `${scriptOf([...opening, ...parts])} |\n  nc ${host} ${port}`,
      }),
    ),
    ...swaks(verbs, host, port),
  ]
}

const linesOf = (verbs: readonly Verb[]) => verbs.flatMap((verb) => LINES[verb] ?? [])

/** Sends each group in one write, with pauses between groups. */
function scriptOf(groups: readonly (readonly string[])[]): string {
  const writes = groups.map((group) => {
    const rows = [` sleep ${PAUSE}; env printf '%s\\r\\n'`]
    for (const word of group.map((line) => `'${line}'`)) {
      const row = rows[rows.length - 1] ?? ''
      if (row.length + word.length + 1 <= COLUMNS) rows[rows.length - 1] = `${row} ${word}`
      else rows.push(`   ${word}`)
    }
    return rows.join(' \\\n')
  })
  return `(${writes.join('\n').trimStart()}\n sleep ${PAUSE})`
}

/** The same commands in two groups, when the last command worked whenever it was sent alone. */
function apart(verbs: readonly Verb[], { condition, working }: Contrast): (readonly string[])[][] {
  const last = verbs[verbs.length - 1]
  if (condition?.kind !== 'together' || condition.verb !== last || !working.some(({ shape }) => shape === last))
    return []
  return [[linesOf(verbs.slice(0, -1)), linesOf([last])]]
}

/** The commands that must precede the group, each sent separately. */
function before([first]: readonly Exchange[], lmtp: boolean): (readonly string[])[] {
  const say = (...names: readonly Verb[]) => names.map((verb) => linesOf([verb]))
  const verb = first?.command.verb
  const hello: Verb = lmtp ? 'LHLO' : 'EHLO'
  // In LMTP each recipient of a message is owed a reply.
  const recipients = Array<Verb>(lmtp ? Math.min(first?.owed ?? 1, UNITS) : 1).fill('RCPT')
  if (verb === 'EHLO' || verb === 'HELO' || verb === 'LHLO') return []
  if (verb === 'CONTENT') return say(hello, 'MAIL', ...recipients, 'DATA')
  if (verb === 'BDAT') return say(hello, 'MAIL', ...recipients)
  if (verb === 'DATA') return say(hello, 'MAIL', 'RCPT')
  return verb === 'RCPT' ? say(hello, 'MAIL') : say(hello)
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
