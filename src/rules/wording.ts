// Phrases that messages and evidence share.
import type { Command, Exchange, Reply } from '../smtp/records.ts'

const HIDDEN_LINE = 'a hidden line'
const EMPTY_LINE = 'an empty line'

/** `RCPT`, `message content`, `an AUTH response`. */
export function nameOf(command: Command): string {
  if (command.kind === 'content') return command.verb === 'XEXCH50' ? 'the data of XEXCH50' : 'message content'
  if (command.kind === 'auth-response') return 'an AUTH response'
  if (command.hidden) return HIDDEN_LINE
  if (command.verb === 'EMPTY') return EMPTY_LINE
  return command.verb === 'OTHER' ? (command.text.split(' ')[0] ?? 'an unknown command').slice(0, 20) : command.verb
}

/** `RCPT, RSET`, `MAIL, 3 RCPT`. After `most` names only the number of further commands is given. */
export function namesOf(commands: readonly Command[], most = 8): string {
  const names: string[] = []
  let named = 0
  for (let from = 0; from < commands.length && names.length < most; from = named) {
    const name = nameOf(commands[from] as Command)
    while (named < commands.length && nameOf(commands[named] as Command) === name) named++
    names.push(named - from === 1 ? name : `${named - from} ${name.replace(/^an? (.+)$/, '$1s')}`)
  }
  return names.join(', ') + (named < commands.length ? ` and ${commands.length - named} more` : '')
}

/** `1 command`, `3 commands`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}

/** The first line of a reply, shortened for quotation in a sentence. */
export function quote(reply: Reply): string {
  return shortened(reply.lines[0] ?? '')
}

const QUOTED = 60
const CUT = '...'

/** The line, cut to `QUOTED` characters; between words if possible, so that redaction sees whole words. */
export function shortened(line: string): string {
  if (line.length <= QUOTED) return line
  const end = QUOTED - CUT.length
  const blank = line.lastIndexOf(' ', end)
  return `${line.slice(0, blank > 4 ? blank : end)}${CUT}`
}

export function commandsOf(exchanges: readonly Exchange[]): Command[] {
  const commands: Command[] = []
  for (const { command } of exchanges) commands.push(command)
  return commands
}

/** Added to a message that names more units than were lost. */
export const UNKNOWN_WHICH = '(the replies do not show which)'

/** The names of the lost units; when it is unknown which were lost, all candidates and how many were. */
export function whichOf(exchanges: readonly Exchange[], lost: number): string {
  if (exchanges.length === lost) return namesOf(commandsOf(exchanges))
  return `${lost} among ${namesOf(commandsOf(exchanges))} ${UNKNOWN_WHICH}`
}

/** Evidence: the frame whose acknowledgement covers all the units. */
export function ackedEvidence(exchanges: readonly Exchange[]): string[] {
  let last = 0
  for (const { command } of exchanges) {
    if (command.acked === null) return []
    last = Math.max(last, command.acked)
  }
  if (last === 0) return []
  return [`the server's TCP acknowledged ${namesOf(commandsOf(exchanges))} (ACK in frame ${last})`]
}
