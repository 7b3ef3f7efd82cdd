// A case -> how to see it again: the exact group, and shell lines that send it. Nothing of the wire stands in a line that
// somebody pastes into a shell: verbs come from a table, addresses are examples, the server's was formatted here.
import type { Verb } from '../../smtp/commands.ts'
import type { Group } from '../../smtp/records.ts'
import { counted } from '../text.ts'
import { type Case, faultyGroups, paragraph } from './case.ts'
import { listed } from './contrast.ts'
import type { Block, Section } from './model.ts'

/** What is sent for a verb, as `printf` writes it. Verbs that are not here need secrets or are not known. */
const LINES: Readonly<Partial<Record<Verb, string>>> = {
  EHLO: 'EHLO client.example.com\\r\\n',
  HELO: 'HELO client.example.com\\r\\n',
  LHLO: 'LHLO client.example.com\\r\\n',
  MAIL: 'MAIL FROM:<sender@example.com>\\r\\n',
  RCPT: 'RCPT TO:<recipient@example.com>\\r\\n',
  DATA: 'DATA\\r\\n',
  BDAT: 'BDAT 6 LAST\\r\\ntest\\r\\n',
  RSET: 'RSET\\r\\n',
  NOOP: 'NOOP\\r\\n',
  QUIT: 'QUIT\\r\\n',
  VRFY: 'VRFY postmaster\\r\\n',
  HELP: 'HELP\\r\\n',
  CONTENT: 'Subject: test\\r\\n\\r\\ntest\\r\\n.\\r\\n',
}
/** Lines of one group that are written out: as many as a shell line bears. */
const LINES_MOST = 32
/** Seconds between groups: time for a slow greeting, and for all replies. */
const PAUSE = 5

export function reproduce(told: Case): Section {
  const { plan, exhibits } = told
  const exhibit = exhibits.find((one) => faultyGroups(one).length > 0)
  const group = exhibit && faultyGroups(exhibit)[0]
  const blocks =
    exhibit === undefined || group === undefined || plan.party === 'client' ? [] : lines(group, exhibit.server)
  return {
    id: 'reproduce',
    title: 'How to reproduce',
    blocks: blocks.length > 0 ? blocks : [paragraph(plan.party === 'client' ? CLIENT : UNTOLD)],
  }
}

const CLIENT =
  'Capture the client once more while it sends mail to any server that does the same as in the dialogue above.'
const UNTOLD = 'The fault is in no group that a line of a shell could send; the dialogue above has all that was seen.'

function lines(group: Group, server: string): Block[] {
  const verbs = group.exchanges.map(({ command }) => command.verb)
  const texts = verbs.map((verb) => LINES[verb])
  if (texts.some((text) => text === undefined) || verbs.length > LINES_MOST) return []
  const groups = [...before(verbs), texts.join('')]
  const sent = groups.map((text) => `sleep ${PAUSE}; printf '${text}'`).join('; ')
  const [host, port] = endpointOf(server)
  const script = `(${sent}; sleep ${PAUSE})`
  const earned = group.exchanges.reduce((sum, { owed }) => sum + owed, 0)
  const names = [...new Set(verbs.map((verb) => (verb === 'CONTENT' ? '.' : verb)))]
  return [
    paragraph(
      ...[
        'The group is ',
        ...listed(names, ' and '),
        `, ${counted(verbs.length, 'unit')} in one segment, each ended by CRLF. `,
      ],
      'The lines below send it with one ',
      { code: 'printf' },
      `, which makes one segment of it. A server that keeps to the standard sends ${counted(earned, 'reply', 'replies')} to this group; in the capture it sent ${counted(group.replies.length, 'reply', 'replies')}. Put a recipient that the server accepts in the place of `,
      { code: 'recipient@example.com' },
      '.',
    ),
    { kind: 'code', caption: 'In the clear', text: `${script} |\n  nc ${host} ${port}` },
    {
      kind: 'code',
      caption: 'Where the server wants TLS: the same behind STARTTLS',
      // -quiet, because s_client would take lines that begin with R or Q for its own commands.
      text: `${script} |\n  openssl s_client -quiet -starttls smtp -connect ${host.includes(':') ? `[${host}]` : host}:${port}`,
    },
    ...swaks(verbs, host, port),
  ]
}

/** What must have been said so that the group makes sense; each is sent by itself. */
function before(verbs: readonly Verb[]): string[] {
  const [first] = verbs
  const say = (...names: readonly Verb[]) => names.map((verb) => LINES[verb] ?? '')
  if (first === 'EHLO' || first === 'HELO' || first === 'LHLO') return []
  if (first === 'CONTENT') return say('EHLO', 'MAIL', 'RCPT', 'DATA')
  if (first === 'DATA' || first === 'BDAT') return say('EHLO', 'MAIL', 'RCPT')
  return first === 'RCPT' ? say('EHLO', 'MAIL') : say('EHLO')
}

/** swaks pipelines MAIL, RCPT and DATA, and nothing else. */
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
      text: `swaks --pipeline --server ${host} --port ${port} --helo client.example.com --from sender@example.com --to ${to}`,
    },
  ]
}

/** Address and port, which are digits, letters, dots and colons; an example where they are anything else. */
function endpointOf(server: string): readonly [string, string] {
  const [, bracketed, plain, port = '25'] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d+)$/.exec(server) ?? []
  return [bracketed ?? plain ?? 'mail.example.com', port]
}
