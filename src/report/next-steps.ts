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

export function nextSteps(
  { summary, servers }: Pick<Analysis, 'summary'> & Partial<Pick<Analysis, 'servers'>>,
  width: number,
): string[] {
  const codes = Object.keys(summary.limits) as LimitCode[]
  const better = [...new Set(codes.flatMap((code) => BETTER[code] ?? []))]
  return [
    ...(codes.includes('tls') ? wrap(KEYS, width, '  ') : []),
    ...(better.length === 0
      ? []
      : [...wrap(`Capture again with ${listed(better)}:`, width, '  '), ...captureLine(servers ?? [], width)]),
  ]
}

const KEYS = 'To see inside TLS, give the session keys: --keylog FILE (in the format of SSLKEYLOGFILE).'

/** The filter has both directions and the ports of the servers. A shell reads its lines as one. */
function captureLine(servers: Analysis['servers'], width: number): string[] {
  const ports = [...new Set(servers.map(({ server }) => Number(server.slice(server.lastIndexOf(':') + 1))))]
  const known = ports.filter((port) => Number.isInteger(port) && port > 0).sort((a, b) => a - b)
  const named = known.length === 0 || known.length > PORTS ? [25] : known
  const filter = `'tcp port ${named.join(' or ')}'`.replaceAll(' ', UNBROKEN)
  const lines = wrap(`tcpdump -i any -n -s 0 -B 65536 -w mail.pcap ${filter}`, width - ' \\'.length, '    ')
  return lines.map((line, i) => `${line.replaceAll(UNBROKEN, ' ')}${i < lines.length - 1 ? ' \\' : ''}`)
}

function listed(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
