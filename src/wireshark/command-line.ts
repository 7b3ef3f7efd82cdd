// The command that opens a capture in Wireshark with the Lua file, for a POSIX shell; without special characters in the
// names also for those of Windows.
import { terminal } from '../report/escape.ts'

const PLAIN = /^[\w.,:=@+/~-]+$/
/** With these within double quotes every shell sees the same. */
const SPACED = /^[\w .,:=@+/~()\\-]+$/

export interface WiresharkCommand {
  readonly script: string
  readonly capture: string
  /** A key log; Wireshark reads one. */
  readonly keyLog: string | null
}

export function commandLine({ script, capture, keyLog }: WiresharkCommand): string {
  const words = ['wireshark', '-X', `lua_script:${script}`, '-r', capture]
  if (keyLog !== null) words.push('-o', `tls.keylog_file:${keyLog}`)
  return terminal(words.map(quoted).join(' '))
}

function quoted(word: string): string {
  if (PLAIN.test(word)) return word
  return SPACED.test(word) && !word.endsWith('\\') ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`
}
