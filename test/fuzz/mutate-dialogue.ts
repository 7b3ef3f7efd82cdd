// Turns -> the same with lines swapped, doubled, cut, joined, or replaced by what the grammar of SMTP knows and by what
// it does not.
import type { Turn } from './dialogue.ts'
import type { Dice } from './dice.ts'

const COMMANDS = [
  'EHLO client.example.org',
  'HELO client.example.org',
  'LHLO client.example.org',
  'MAIL FROM:<a@example.org>',
  'MAIL FROM:<>',
  'RCPT TO:<b@example.com>',
  'RCPT TO:<@@@@@@@@@@@@@@@@@@@@@@@@>',
  'DATA',
  'BDAT 0',
  'BDAT 5 LAST',
  'BDAT 0 LAST',
  'BDAT 99999999999999999999',
  'BDAT -1',
  'BDAT',
  'AUTH LOGIN',
  'AUTH PLAIN AGEAYg==',
  'AUTH GSSAPI',
  'AUTH',
  'X-EXPS LOGIN',
  '*',
  'STARTTLS',
  'X-ANONYMOUSTLS',
  'XEXCH50 8 2',
  'XCLIENT NAME=a',
  'TURN',
  'ETRN example.org',
  'ATRN',
  'BURL imap://x LAST',
  'NOOP',
  'RSET',
  'VRFY x',
  'EXPN x',
  'HELP',
  'QUIT',
  '.',
  '..',
  '',
  'Subject: x',
  'PROXY TCP4 192.0.2.1 192.0.2.2 1 25',
  'GET / HTTP/1.1',
]

const REPLIES = [
  '220 mx.example.com ESMTP',
  '220-mx.example.com ESMTP',
  '220 2.0.0 ready to start TLS',
  '221 2.0.0 bye',
  '235 ok',
  '250 ok',
  '250-ok',
  '250 2.1.0 sender ok',
  '250 2.1.5 recipient <b@example.com> ok',
  '250 2.0.0 queued as 1',
  '250-mx.example.com',
  '250-PIPELINING',
  '250 PIPELINING',
  '250-CHUNKING',
  '250 XXXXXXXXXA',
  '251 will forward',
  '252 cannot vrfy',
  '334 VXNlcm5hbWU6',
  '353 go on',
  '354 go ahead',
  '421 4.4.2 timeout',
  '450 busy',
  '500 5.5.2 unrecognized',
  '503 5.5.1 synchronization error',
  '521 no',
  '550 5.1.1 <x@y>... user unknown',
  '554 5.5.0 no valid recipients',
  '250',
  '25',
  '999 x',
  '000 x',
  '-1 x',
  'ok',
  '',
]

const ENDS = [
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
  '',
  '\n\n',
  '\r\n.\r\n',
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
]
/** What is repeated inside a line, where a search that looks twice looks for long. */
const FILLINGS = [
  'a',
  '@',
  '<',
  ' ',
  '\r',
  '\\',
  'x@',
  '<a@',
  'sender ',
  '... ',
  'LAST ',
  '\0',
  '\x1b[31m',
  '\xff',
  '-',
  '.',
]
const LENGTHS = [1, 60, 512, 1000, 2047, 2049, 8192, 16_385, 40_000]

type Line = { side: 0 | 1; text: string }

export function mutateDialogue(turns: readonly Turn[], dice: Dice): Turn[] {
  const lines = turns.flatMap(linesOf)
  for (let n = 1 + dice.below(8); n > 0; n--) change(lines, dice)
  return lines.map(({ side, text }) => ({ side, bytes: new Uint8Array(Buffer.from(text, 'latin1')) }))
}

/** A few turns again and again, about `octets` of them in all. */
export function repeatTurns(turns: readonly Turn[], octets: number, dice: Dice): Turn[] {
  if (turns.length === 0) return []
  const from = dice.below(turns.length)
  const fragment = mutateDialogue(turns.slice(from, from + 1 + dice.below(4)), dice)
  // A line without an answer, or an answer without a line, repeats worst.
  const kept = dice.once(3) ? fragment.filter(({ side }) => side === fragment[0]?.side) : fragment
  const size = kept.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (size === 0) return [...turns]
  const times = Math.ceil(octets / size)
  const many = dice.once(2)
    ? Array.from({ length: times }, () => kept).flat()
    : [0, 1].flatMap((side) => {
        const said = kept.filter((turn) => turn.side === side)
        return Array.from({ length: times }, () => said).flat()
      })
  return [...turns.slice(0, from), ...many, ...turns.slice(from)]
}

function linesOf({ side, bytes }: Turn): Line[] {
  const text = Buffer.from(bytes).toString('latin1')
  return (text.match(/[^\n]*\n|[^\n]+/g) ?? []).map((line) => ({ side, text: line }))
}

function change(lines: Line[], dice: Dice): void {
  const at = dice.below(lines.length + 1)
  const line = lines[at]
  const other = lines[dice.below(lines.length + 1)]
  const side = dice.pick([0, 1] as const)
  switch (dice.below(9)) {
    case 0:
      if (line && other) [line.text, other.text] = [other.text, line.text]
      break
    case 1:
      if (line) lines.splice(at, 0, ...Array.from({ length: dice.pick([1, 1, 2, 30]) }, () => ({ ...line })))
      break
    case 2:
      lines.splice(at, 1 + dice.below(3))
      break
    case 3:
      if (line) line.text = line.text.slice(0, dice.below(line.text.length + 1))
      break
    case 4:
      if (line) line.text = line.text.replace(/\r?\n$/, () => dice.pick(ENDS))
      break
    case 5:
      if (line) line.text = withFilling(line.text, dice)
      break
    case 6:
      if (line) line.side = side
      break
    default:
      lines.splice(at, dice.below(2), { side, text: dice.pick(side === 0 ? COMMANDS : REPLIES) + dice.pick(ENDS) })
  }
}

function withFilling(text: string, dice: Dice): string {
  const filling = dice.pick(FILLINGS)
  const at = dice.below(text.length + 1)
  const room = dice.pick(LENGTHS)
  return text.slice(0, at) + filling.repeat(Math.ceil(room / filling.length)) + text.slice(at)
}
