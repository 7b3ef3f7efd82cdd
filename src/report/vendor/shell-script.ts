// Shell commands that send groups of SMTP commands, and a shell function that reads the replies and says whether the
// fault is there. Plain POSIX shell: the commands are pasted into whatever shell a reader has.

/** Lines that are sent at once, and the names of the commands to which replies are due, in order. */
export interface Group {
  readonly lines: readonly string[]
  /** `NOOP`; `NOOP+10`: its reply must come at least 10 seconds after the one before it. */
  readonly due: readonly string[]
  /** Seconds to wait before it is sent. */
  readonly pause: number
}

/** Seconds between groups, for a slow greeting and for all replies. */
export const PAUSE = 5
/** Seconds in which a server may answer before the next input, and the least number of them that shows that it did not wait. */
export const LONG_PAUSE = 20
export const APART = 10
/** Line width of the script, so that it fits into a mail when indented. */
const COLUMNS = 70

/**
 * `replies greeting EHLO MAIL`: prints each reply on standard input with the time and the command that it stands for, and
 * in the end what is wrong. A server that refuses the sender or the recipient, that ends the session by 421, or that does
 * not answer at all, shows nothing. `refused`: what a refusal means; `expected`: that of the recipient is part of the test.
 */
export function repliesFunction(refused: 'says-nothing' | 'expected' | 'fault'): string {
  const needed = refused === 'expected' ? 'greeting | [EL]HLO | MAIL' : 'greeting | [EL]HLO | MAIL | RCPT | DATA'
  const line =
    refused === 'fault'
      ? `[45]*) wrong=\${wrong:-"$due was refused"} ;;`
      : `[45]*) case $due in
        ${needed}) refused=yes ;; esac ;;`
  return `replies() {
  cr=$(printf '\\r') last=0 extra=0 wrong= refused=
  while IFS= read -r line; do
    case $line in ???-*) continue ;; esac
    due=\${1:-nothing} now=$(date +%s)
    printf '%s %s: %s\\n' "$(date +%T)" "\${due%+*}" "\${line%"$cr"}"
    case $due in *+*)
      [ $((now - last)) -ge "\${due#*+}" ] ||
        wrong="wrong time of the reply to \${due%+*}" ;; esac
    case $line in
      421*) refused=yes ;;
      221*) [ "$due" = QUIT ] ||
        wrong=\${wrong:-"221 instead of the reply to $due"} ;;
      354*) [ "$due" = DATA ] ||
        wrong=\${wrong:-"354 instead of the reply to $due"} ;;
      ${line}
    esac
    last=$now
    if [ $# -gt 0 ]; then shift; else extra=$((extra + 1)); fi
  done
  if [ "$last" = 0 ]; then echo 'NO RESULT: no answer'
  elif [ -n "$refused" ]; then echo 'NO RESULT: refused'
  elif [ -n "$wrong" ]; then echo "FAULT: $wrong; missing replies: $#"
  elif [ $# -gt 0 ]; then echo "FAULT: missing replies: $#"
  elif [ "$extra" -gt 0 ]; then echo "FAULT: extra replies: $extra"
  else echo 'NO FAULT: each command has one reply, in order'; fi
}`
}

/** Sends each group in one write, and reads the replies. `connect`: the command that connects. `greeted`: it shows the greeting. */
export function scriptOf(groups: readonly Group[], connect: string, greeted: boolean): string {
  const writes = groups.map(({ lines, pause }) => {
    const rows = [` sleep ${pause}; env printf '%s\\r\\n'`]
    for (const word of lines.map((line) => `'${line}'`)) append(rows, word, '   ')
    return rows.join(' \\\n')
  })
  const rows = ['  replies']
  for (const word of [...(greeted ? ['greeting'] : []), ...groups.flatMap(({ due }) => due)]) append(rows, word, '   ')
  return `(${writes.join('\n').trimStart()}\n sleep ${PAUSE}) |\n  ${connect} |\n${rows.join(' \\\n')}`
}

function append(rows: string[], word: string, indent: string): void {
  const row = rows[rows.length - 1] ?? ''
  if (row.length + word.length + 1 <= COLUMNS) rows[rows.length - 1] = `${row} ${word}`
  else rows.push(`${indent}${word}`)
}
