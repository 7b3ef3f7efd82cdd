// The programs that one would use instead, each as it is used for SMTP; what they print is thrown away.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, inTurn, isInstalled } from './timing.mjs'

const FIELDS = ['-e', 'smtp.req.command', '-e', 'smtp.response.code']

const PEERS = [
  {
    tool: 'tshark',
    does: 'prints commands and reply codes',
    words: (path) => ['-r', path, '-Y', 'smtp', '-T', 'fields', ...FIELDS],
  },
  {
    tool: 'tcpflow',
    does: 'writes each direction to a file',
    words: (path, folder) => ['-r', path, '-o', folder, 'tcp port 25'],
  },
  { tool: 'tcptrace', does: 'prints statistics of each connection', words: (path) => ['-n', '-l', path] },
  {
    tool: 'ngrep',
    does: 'prints packets that contain a word',
    words: (path) => ['-q', '-I', path, 'RCPT TO', 'tcp port 25'],
  },
  { tool: 'argus', does: 'writes a record for each flow', words: (path) => ['-r', path, '-w', '/dev/null'] },
]

/** `check` and the installed ones of them, in turn. */
export function besidePeers(path, runs) {
  const installed = PEERS.filter(({ tool }) => isInstalled(tool))
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    const commands = installed.map(({ tool, words }) => [tool, ...words(path, folder)])
    const [ours, ...theirs] = inTurn([check('--threads', '1', path), ...commands], runs)
    return { ours, peers: installed.map(({ tool, does }, i) => ({ tool, does, ...theirs[i] })) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
