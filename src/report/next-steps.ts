// What to do where something could not be seen: the option that shows more, or the line that captures it.
import type { Analysis } from '../rules/analysis.ts'
import type { LimitCode } from '../smtp/records.ts'
import { wrap } from './format-text.ts'

/** What a new capture must do better. */
const BETTER: Readonly<Partial<Record<LimitCode, string>>> = {
  snaplen: 'whole packets (-s 0)',
  'gap-client': 'a larger buffer (-B)',
  'gap-server': 'a larger buffer (-B)',
  unacknowledged: 'a larger buffer (-B)',
  midstream: 'a start before the sessions',
  'capture-end': 'an end after the sessions',
  'one-way-client': 'both directions',
  'one-way-server': 'both directions',
}
const UNBROKEN = '\u00a0'
/** Ports that the capture filter names. */
const PORTS = 4

type Seen = Pick<Analysis, 'summary'> & Partial<Pick<Analysis, 'servers'>>

export function nextSteps(seen: Seen, width: number): string[] {
  const again = captureAgain(seen)
  return [
    ...(lacksKeys(seen) ? wrap(`${KEYS}: --keylog FILE (in the format of SSLKEYLOGFILE).`, width, '  ') : []),
    ...(again === null ? [] : [...wrap(again.advice, width, '  '), ...shellLines(again.command, width)]),
  ]
}

/** Whether session keys would show more. */
export function lacksKeys({ summary }: Pick<Analysis, 'summary'>): boolean {
  return summary.limits.tls !== undefined
}

/**
 * What a new capture must do better, and the command for it; null if nothing. The filter has both directions and the ports
 * of the servers.
 */
export function captureAgain({ summary, servers = [] }: Seen): { advice: string; command: string } | null {
  const codes = Object.keys(summary.limits) as LimitCode[]
  const better = [...new Set(codes.flatMap((code) => BETTER[code] ?? []))]
  if (better.length === 0) return null
  const ports = [...new Set(servers.map(({ server }) => Number(server.slice(server.lastIndexOf(':') + 1))))]
  const known = ports.filter((port) => Number.isInteger(port) && port > 0).sort((a, b) => a - b)
  const named = known.length === 0 || known.length > PORTS ? [25] : known
  return {
    advice: `Capture again with ${listed(better)}:`,
    command: `tcpdump -i any -n -s 0 -B 65536 -w mail.pcap 'tcp port ${named.join(' or ')}'`,
  }
}

/** What is said where keys are lacking, before how they are given. */
export const KEYS = 'To see inside TLS, give the session keys'

/** A shell reads its lines as one: none breaks inside the quotation marks. */
function shellLines(command: string, width: number): string[] {
  const whole = command.replace(/'.*'/, (filter) => filter.replaceAll(' ', UNBROKEN))
  const lines = wrap(whole, width - ' \\'.length, '    ')
  return lines.map((line, i) => `${line.replaceAll(UNBROKEN, ' ')}${i < lines.length - 1 ? ' \\' : ''}`)
}

function listed(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
