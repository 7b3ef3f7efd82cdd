// SMTP sessions as they are seen every day, by dice: what each side says, step by step. `odd`: once in so many choices
// something comes that is not ordinary; 0: never.
import type { Dice } from '../fuzz/dice.ts'

export interface Said {
  readonly side: 0 | 1
  readonly text: string
  /** Sent without waiting for what was said before: it acknowledges none of it. */
  readonly isEarly: boolean
}

const NAMES = ['mail.example.net', 'mx1.example.org', 'relay.example.com', 'smtp-7.example.edu']
const OFFERS = ['PIPELINING', 'SIZE 10240000', '8BITMIME', 'ENHANCEDSTATUSCODES', 'DSN', 'SMTPUTF8', 'CHUNKING']
const ODD_OFFERS = ['XXXXXXXXXX', 'STARTTLS', 'AUTH PLAIN LOGIN', 'pipelining', 'X-ANONYMOUSTLS', '250 PIPELINING']
const WORDS = ['report', 'invoice', 'team.', 'figures', '.', '..', 'v1.2', 'agenda', 'a@b', 'thanks', '250 ok', 'QUIT']

export class Talk {
  readonly said: Said[] = []
  private readonly dice: Dice
  private readonly odd: number
  private pipelines: boolean
  private readonly enhanced: boolean
  private readonly isLong: boolean

  /** `mails`: so many transactions; null: a few, as it happens. */
  constructor(dice: Dice, odd: number, mails: number | null = null) {
    this.dice = dice
    this.odd = odd
    this.isLong = mails !== null
    this.pipelines = !dice.once(3)
    this.enhanced = dice.once(2)
    this.greet()
    for (let left = mails ?? dice.pick([0, 1, 1, 1, 2, 3, 6]); left > 0; left--) {
      this.mail()
      if (this.isLong && dice.once(8)) this.between()
    }
    if (dice.once(6))
      this.exchange(this.strange(['NOOP', 'noop hello', 'RSET'], ['VRFY <a@b>', 'HELP', 'XYZ']), '250 ok')
    if (this.isOdd(2)) return
    this.quit()
  }

  private isOdd(factor = 1): boolean {
    return this.odd > 0 && this.dice.once(this.odd * factor)
  }

  private strange<T>(usual: readonly T[], strange: readonly T[]): T {
    return this.dice.pick(this.isOdd() ? strange : usual)
  }

  private say(side: 0 | 1, text: string, isEarly = false): void {
    if (text !== '') this.said.push({ side, text, isEarly })
  }

  /** What clients send that use one connection for long. */
  private between(): void {
    const { dice } = this
    const what = dice.below(4)
    if (what < 2) this.exchange(dice.pick(['RSET', 'rset', 'NOOP']), '250 2.0.0 ok')
    else if (what === 2) this.exchange(`EHLO client-${dice.below(20)}.example.com`, this.offer('EHLO'))
    else {
      const [sender, recipient] = ['MAIL FROM:<a@example.org>', 'RCPT TO:<b@example.com>']
      this.inGroups(
        [sender, recipient, 'RSET'],
        ['2.1.0', '2.1.5', '2.0.0'].map((status, i) => this.reply(250, status, `${'ok'.repeat(i + 1)}`)),
      )
    }
  }

  /** Commands and what answers them: pipelined, or one by one. */
  private exchange(command: string, reply: string): void {
    this.say(0, this.ended(command), this.isOdd(3))
    this.say(1, this.ended(reply))
  }

  private ended(line: string): string {
    return `${line}${this.strange(['\r\n'], ['\n', '\r', '\r\r\n', ' \r\n', '', '\0\r\n', `${' '.repeat(2100)}\r\n`])}`
  }

  private greet(): void {
    const { dice } = this
    const name = dice.pick(NAMES)
    const greetings = [
      `220 ${name} ESMTP Postfix`,
      `220-${name} ESMTP Exim 4.96\r\n220 no mail from here`,
      `220 ${name}`,
    ]
    const odd = ['554 no', '220 ****************', '220', '421 later', `220\t${name}`, `220-${name}\r\n221 x`, 'hello']
    this.say(1, this.ended(this.strange(greetings, odd)))
    const verb = dice.pick(['EHLO', 'EHLO', 'EHLO', 'ehlo', 'HELO'])
    // Other servers never say so.
    if (verb === 'HELO' && !this.isOdd()) this.pipelines = false
    const line = `${verb} client-${dice.below(20)}.example.com`
    if (this.isOdd()) this.exchange(line, '502 what')
    this.exchange(line, this.offer(verb))
    if (dice.once(12)) this.exchange(line, this.offer(verb))
  }

  private offer(verb: string): string {
    const { dice } = this
    const name = dice.pick(NAMES)
    if (verb === 'HELO') return `250 ${name}`
    const offers = OFFERS.filter((offer) => (offer === 'PIPELINING' ? this.pipelines : dice.once(2)))
    if (this.isOdd()) offers.push(dice.pick(ODD_OFFERS))
    const lines = [name, ...offers]
    return lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n')
  }

  private reply(code: number, status: string, text: string): string {
    const { dice } = this
    const given = this.isOdd() ? dice.pick([code + 100, 421, 503, 554, 250, 354, 999, 99]) : code
    const named = this.isOdd() ? dice.pick(['2.1.0', '2.1.5', '5.5.1']) : status
    const said = `${given} ${this.enhanced ? `${named} ` : ''}${this.isOdd() ? '<else@example.org> ok' : text}`
    return this.ended(this.isOdd() ? `${given}-more\r\n${said}` : said)
  }

  /** Some servers say the same to every command. */
  private alike(text: string): string {
    return this.isOdd() ? 'Ok' : text
  }

  private mail(): void {
    const { dice } = this
    const options = dice.pick(['', ' SIZE=1234', ' BODY=8BITMIME', this.isOdd() ? ' BODY=BINARYMIME' : ''])
    const commands = [`MAIL FROM:<sender${dice.below(50)}@example.org>${options}`]
    const replies = [
      dice.once(20) ? this.reply(451, '4.3.0', 'later') : this.reply(250, '2.1.0', this.alike('Sender ok')),
    ]
    const isRefused = replies[0]?.startsWith('4') === true
    let accepted = 0
    for (let n = dice.pick([1, 1, 1, 2, 3, 12]); n > 0; n--) {
      commands.push(`${dice.pick(['RCPT TO:', 'rcpt to:'])}<user${dice.below(500)}@example.com>`)
      const isGood = !isRefused && !dice.once(6)
      if (isGood) accepted++
      const address = this.isOdd() ? '<user@example.com> ' : ''
      const bad = dice.pick([550, 450, 452])
      replies.push(
        isGood
          ? this.reply(250, '2.1.5', `${address}${this.alike('Recipient ok')}`)
          : this.reply(bad, '5.1.1', `${address}unknown user`),
      )
    }
    const goesOn = accepted > 0 || this.isOdd()
    commands.push(goesOn ? 'DATA' : 'RSET')
    replies.push(goesOn ? this.reply(354, '', 'End data with <CR><LF>.<CR><LF>') : this.reply(250, '2.0.0', 'Reset'))
    this.inGroups(commands, replies)
    if (goesOn) this.content()
  }

  private inGroups(commands: readonly string[], replies: string[]): void {
    const { dice } = this
    // A server now and then loses one, or answers twice.
    if (this.isOdd(2))
      replies.splice(dice.below(replies.length), dice.below(2), ...(dice.once(2) ? ['250 Ok\r\n'] : []))
    const lines = commands.map((command) => this.ended(command))
    if (!this.pipelines && !this.isOdd()) {
      for (const [i, line] of lines.entries()) {
        this.say(0, line)
        this.say(1, replies[i] ?? '')
      }
      return
    }
    for (const part of this.parts(lines)) this.say(0, part)
    for (const part of this.parts(replies)) this.say(1, part)
  }

  /** All in one segment, or in a few. */
  private parts(lines: readonly string[]): string[] {
    const { dice } = this
    if (!this.isOdd()) return [lines.join('')]
    const at = dice.below(lines.length)
    return [lines.slice(0, at).join(''), lines.slice(at).join('')]
  }

  private content(): void {
    const { dice } = this
    let body = `From: <a@example.org>\r\nSubject: ${dice.pick(WORDS)}\r\n\r\n`
    const size = this.isLong && dice.once(30) ? 90_000 : dice.pick([0, 20, 300, 300, 2000, 9000])
    while (body.length < size) {
      let line = ''
      while (line.length < dice.pick([1, 30, 64])) line += `${dice.pick(WORDS)} `
      body += `${line.startsWith('.') ? '.' : ''}${line}${this.strange(['\r\n'], ['\n', '\r'])}`
    }
    const isJoined = dice.once(2)
    this.say(0, `${body}${isJoined ? '.\r\n' : ''}`)
    if (!isJoined) this.say(0, '.\r\n')
    this.say(
      1,
      dice.once(15) ? this.reply(452, '4.3.1', 'full') : this.reply(250, '2.0.0', `Ok: queued as ${dice.below(1e6)}`),
    )
  }

  private quit(): void {
    const { said, pipelines, dice } = this
    // Behind the end of the content, in the same segment.
    const end = said.at(-2)
    if (pipelines && dice.once(3) && end?.side === 0 && end.text.endsWith('.\r\n')) {
      const reply = said.at(-1) as Said
      said.splice(-2, 2, { ...end, text: `${end.text}QUIT\r\n` }, { ...reply, text: `${reply.text}221 2.0.0 Bye\r\n` })
    } else this.exchange('QUIT', this.strange(['221 2.0.0 Bye', '221 Bye'], ['250 ok', '221-Bye\r\n221 Bye', '421 no']))
  }
}

const OTHERS = [
  '\x16\x03\x01\x00\x05hello',
  '\x15\x03\x03\x00\x02\x02\x28',
  'GET / HTTP/1.1\r\nHost: example.net\r\n\r\n',
  '\x00\x01\x02\x03',
  '\xff\xfe\n',
  'SSH-2.0-OpenSSH_9.6\r\n',
  '* OK IMAP4rev1\r\n',
  '220 ftp.example.net\r\n',
  '\r\n',
]

/** What two programs say that speak another protocol, or might. */
export function others(dice: Dice): Said[] {
  return Array.from({ length: 1 + dice.below(8) }, (_, i): Said => {
    const start = i < 3 || dice.once(4) ? dice.pick(OTHERS) : ''
    const text = `${start}${String.fromCharCode(dice.below(256)).repeat(dice.pick([0, 1, 100, 1400, 3000]))}`
    return { side: dice.once(2) ? 0 : 1, text: text === '' ? 'x' : text, isEarly: dice.once(10) }
  })
}
