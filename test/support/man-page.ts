// The definition of the command line -> docs/pipelint.1, in the macros of man(7).
import type { Command, Option } from 'commander'

const HEAD = `.SH DESCRIPTION
pipelint reads packet captures (pcap, pcapng; plain or compressed by gzip, zstd or lz4), rebuilds every SMTP conversation,
pairs each command with its reply, and says who broke the rules of command pipelining (RFC 2920 and its neighbours), with
the packets that prove it.
.PP
Captures are files, directories, globs, or \\- for standard input. Several captures are one timeline.
`

const EXIT = `.SH EXIT STATUS
.TP
.B 0
Everything was read, and
.B check
found nothing at or above \\-\\-fail\\-on.
.TP
.B 1
.B check
found at least one proved fault at or above \\-\\-fail\\-on.
.TP
.B 2
Wrong usage, or fewer sessions than \\-\\-require\\-sessions could be judged.
.TP
.B 3
Part of a capture could not be read; the rest is judged.
.TP
.B 4
The result could not be written.
.TP
.B 130
Interrupted; what was read before is printed.
`

const TAIL = `.SH ENVIRONMENT
.TP
.B NO_COLOR, FORCE_COLOR
Print without or with colours, as does \\-\\-color.
.TP
.B COLUMNS
The width of the output where it is no terminal.
.TP
.B PIPELINT_REDIS
The value of \\-\\-redis.
.TP
.B PIPELINT_DEBUG
Any of rules, pairing, tcp: with \\-\\-session, print the decisions about that session.
.SH EXAMPLES
.nf
pipelint mail.pcap
tcpdump \\-U \\-w \\- port 25 | pipelint \\-
pipelint triage mail.pcap
pipelint transcript \\-\\-session s17 mail.pcap
pipelint report \\-\\-server 203.0.113.25 \\-o report.html mail.pcap
pipelint check \\-\\-format junit \\-o pipelint.xml *.pcap
.fi
.SH SEE ALSO
.BR tcpdump (1),
.BR tshark (1),
.BR pcap\\-filter (7)
`

export function manPage(program: Command, version: string): string {
  const commands = program.commands.flatMap((command) =>
    command.commands.length === 0 ? [command] : command.commands.map((inner) => inner),
  )
  return [
    `.TH PIPELINT 1 "" "pipelint ${version}" "User Commands"\n`,
    '.SH NAME\npipelint \\- find out who broke the rules of SMTP command pipelining\n',
    '.SH SYNOPSIS\n',
    ...commands.map((command) => `.B ${escaped(nameOf(command))}\n${escaped(usageOf(command))}\n.br\n`),
    HEAD,
    '.SH COMMANDS\n',
    ...commands.map(section),
    '.SH OPTIONS OF EVERY COMMAND\n',
    ...program.options.map(optionOf),
    EXIT,
    TAIL,
  ].join('')
}

function nameOf(command: Command): string {
  const { parent } = command
  return parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`
}

function usageOf({ registeredArguments }: Command): string {
  const words = registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return ['[options]', ...words].join(' ')
}

function section(command: Command): string {
  const options = command.options.filter(({ hidden }) => !hidden)
  return `.SS ${escaped(nameOf(command))}\n${sentence(command.description())}\n${options.map(optionOf).join('')}`
}

function optionOf({ flags, description, argChoices, defaultValue }: Option): string {
  const values = argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]
  const usual = typeof defaultValue === 'string' ? [`default: ${defaultValue}`] : []
  const notes = [...values, ...usual]
  const text = notes.length === 0 ? description : `${description} (${notes.join('; ')})`
  return `.TP\n.B ${escaped(flags)}\n${sentence(text)}\n`
}

const sentence = (text: string) => `${escaped(text.charAt(0).toUpperCase() + text.slice(1))}.`

/** A hyphen of the source is a minus, and no line begins with a control character. */
const escaped = (text: string) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1')
