// Options that several commands share.
import { type Command, Option } from 'commander'
import { FORMATS } from '../report/format-names.ts'
import { PROFILES } from '../rules/server-defaults.ts'

export const CAPTURES = 'capture files, directories, globs, or - for standard input'

/** Shells for which `completion` has a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** Values of `--color`. */
export const COLOURS = ['auto', 'always', 'never'] as const

export const collect = (word: string, before: readonly string[] = []): readonly string[] => [...before, word]

/** Options for the selection of sessions, for reading, and for output. */
export function withSelection(command: Command): Command {
  return withWatching(command).option(...OUTPUT)
}

/** The same for output that has no end. */
export function withWatching(command: Command): Command {
  const secrets = 'a file with TLS secrets (SSLKEYLOGFILE format), to decrypt sessions (repeatable)'
  return withSessions(command)
    .option('--keylog <file>', secrets, collect)
    .option(...REDACT)
    .option(...CHECKSUMS)
}

const REDACT = ['--redact', 'replace addresses, names and message content, and blank credentials'] as const
const CHECKSUMS = ['--verify-checksums', 'drop packets with a wrong IPv4 or TCP checksum'] as const
const OUTPUT = ['-o, --output <file>', 'write to a file instead of standard output'] as const

export function withSessions(command: Command): Command {
  return command
    .option('--port <n[,n]>', 'only sessions on these server ports, where SMTP is expected (repeatable)', collect)
    .option(
      '--server <host[:port]>',
      'only sessions of this server: its address, or its name or domain as in the greeting (repeatable)',
      collect,
    )
    .option(
      '--client <host[:port]>',
      'only sessions of this client: its address, or its name or domain as in EHLO (repeatable)',
      collect,
    )
    .option('--session <id[,id]>', 'only these sessions, as in s17 (repeatable)', collect)
    .option('--rule <id[,id]>', 'only these rules (repeatable)', collect)
    .option('--ignore <id[,id]>', 'all rules but these (repeatable)', collect)
    .option('--since <time>', 'only sessions that were open at or after this time (RFC 3339, or seconds since 1970)')
    .option('--until <time>', 'only sessions that were open at or before this time')
}

export function withChecksums(command: Command): Command {
  return command.option(...CHECKSUMS)
}

export function withOutput(command: Command): Command {
  return command.option(...REDACT).option(...OUTPUT)
}

/** Times as the reader's clock shows them. */
export function withLocalTime(command: Command): Command {
  return command.option(
    '--local-time',
    'show times in the time zone of this machine, and read --since and --until in it',
  )
}

/** Mail logs whose lines are quoted with sessions. */
export function withLogs(command: Command): Command {
  return command.option(
    '--log <file>',
    'quote the lines of a mail log (Postfix, Exim, Sendmail) that belong to a session (repeatable)',
    collect,
  )
}

/** Options for printing verdicts, and for the exit code. */
export function withPrinting(command: Command): Command {
  return command
    .addOption(new Option('--format <format>', 'output format').choices([...FORMATS]).default('table'))
    .addOption(
      new Option('--fail-on <severity>', 'lowest severity that makes the exit code 1')
        .choices(['error', 'warning', 'never'])
        .default('error'),
    )
    .option('--include-suspected', 'count suspected findings for the exit code, too')
    .option(
      '--require-sessions <n>',
      'exit with 2 if fewer sessions could be judged (default: 1 for junit, sarif and github, else 0)',
    )
    .option(
      '--explain',
      'explain each finding: what proves it, which exceptions were excluded, why it matters, how to fix it',
    )
    .option('--all', 'list every server and every finding, also those of severity info')
}

export const profile = () =>
  new Option('--profile <server>', 'add whether this server software would have refused the client')
    .choices([...PROFILES])
    .default('rfc')

export const by = () =>
  new Option('--by <what>', 'what each row stands for (hours in UTC)')
    .choices(['server', 'client', 'rule', 'hour'])
    .default('server')
