// Options that several commands share.
import { type Command, Option } from 'commander'
import { FORMATS } from '../report/check-formats.ts'
import { PROFILES } from '../rules/server-defaults.ts'

export const CAPTURES = 'files, directories, globs, or - for standard input'

export const collect = (word: string, before: readonly string[] = []): readonly string[] => [...before, word]

/** Which sessions, read how, and where what is said of them goes. */
export function withSelection(command: Command): Command {
  const secrets = 'TLS secrets in the format of SSLKEYLOGFILE: sessions are read inside TLS (repeatable)'
  const selected = withSessions(command).option('--keylog <file>', secrets, collect)
  return selected
    .option(...REDACT)
    .option(...CHECKSUMS)
    .option(...OUTPUT)
}

const REDACT = ['--redact', 'replace addresses, names and content; blank credentials'] as const
const CHECKSUMS = [
  '--verify-checksums',
  'believe checksums: pass over segments whose IPv4 or TCP checksum is wrong',
] as const
const OUTPUT = ['-o, --output <file>', 'write to a file instead of standard output'] as const

export function withSessions(command: Command): Command {
  return command
    .option('--port <n[,n]>', 'only these server ports; SMTP is looked for there (repeatable)', collect)
    .option('--server <addr[:port]>', 'only sessions of this server (repeatable)', collect)
    .option('--client <addr[:port]>', 'only sessions of this client (repeatable)', collect)
    .option('--session <id[,id]>', 'only these sessions, as in s17 (repeatable)', collect)
    .option('--rule <id[,id]>', 'only these rules (repeatable)', collect)
    .option('--since <time>', 'only sessions open at or after this time: RFC 3339, or seconds since 1970')
    .option('--until <time>', 'only sessions open at or before this time')
}

export function withChecksums(command: Command): Command {
  return command.option(...CHECKSUMS)
}

export function withOutput(command: Command): Command {
  return command.option(...REDACT).option(...OUTPUT)
}

/** How verdicts are printed, and what the exit code says of them. */
export function withPrinting(command: Command): Command {
  return command
    .addOption(new Option('--format <format>', 'how to print').choices([...FORMATS]).default('table'))
    .addOption(
      new Option('--fail-on <severity>', 'from which severity on to exit with 1')
        .choices(['error', 'warning', 'never'])
        .default('error'),
    )
    .option('--include-suspected', 'suspected findings count for the exit code too')
    .option('--explain', 'add to each finding why it is certain, and what would have excused it')
    .option('--all', 'list every server and every finding, also those for information')
}

export const profile = () =>
  new Option('--profile <server>', 'tell whether that server would have refused a client')
    .choices([...PROFILES])
    .default('rfc')

export const by = () =>
  new Option('--by <what>', 'what has a row: servers, clients, rules, or hours of UTC')
    .choices(['server', 'client', 'rule', 'hour'])
    .default('server')
