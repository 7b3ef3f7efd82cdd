// The captures of the benchmark: what they are, made by seed into a cache folder when they are wanted.
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generate } from './generate.mjs'

const cache = fileURLToPath(new URL('../../node_modules/.cache/bench', import.meta.url))
const SMALL = { mails: 3, size: 400, open: 64 }

/** At scale 1. Bytes are those of the file. */
export const CAPTURES = {
  env: { what: 'three small mails a session, 64 sessions at a time', seed: 1, bytes: 500e6, ...SMALL },
  bulk: { what: 'mails of 60 kB', seed: 2, bytes: 1000e6, mails: 2, size: 60_000, open: 32 },
  wide: { what: 'a million short connections', seed: 3, sessions: 1e6, mails: 0, size: 0, open: 1000 },
  long: { what: 'a million transactions in one', seed: 4, sessions: 1, repeat: 1e6, mails: 64, size: 60, open: 1 },
  mixed: { what: 'one packet in fifty is SMTP', seed: 5, bytes: 600e6, ...SMALL, others: 49 },
  lossy: { what: '1 % of the packets late or twice', seed: 6, bytes: 500e6, ...SMALL, lossy: 1 },
  faulty: { what: '5 % of the sessions violate', seed: 7, bytes: 500e6, ...SMALL, faulty: 5 },
}

/** For memory: every session has three findings. At scale 1 a capture of 226 MB. */
const FAULTS = { seed: 8, sessions: 150_000, mails: 1, size: 0, open: 64, faulty: 100 }

/** Captures that reach limits, from hostile.mjs; `count` at the scale `full`. */
export const LIMITS = {
  'one-octet-each': { count: 1e6, what: 'connections with one packet each', full: 0.1 },
  'half-lines': { count: 1e6, what: 'connections with half a line each', full: 0.1 },
  servers: { count: 300_000, what: 'sessions on as many servers', full: 0.1 },
}

const SCALED = ['bytes', 'sessions', 'repeat']

/** One of them, so many times as large: its path, packets, sessions and size in megabytes. */
export function capture(name, scale) {
  mkdirSync(cache, { recursive: true })
  const path = `${cache}/${name}-${scale}.pcap`
  const options = { ...(name === 'faults' ? FAULTS : CAPTURES[name]) }
  for (const key of SCALED) {
    // The one connection of `long` grows, and stays one.
    if (options[key] !== undefined && !(key === 'sessions' && options.repeat)) options[key] *= scale
  }
  if (!existsSync(path)) writeFileSync(`${path}.json`, JSON.stringify(generate(path, options)))
  return { path, megabytes: statSync(path).size / 1e6, ...JSON.parse(readFileSync(`${path}.json`, 'utf8')) }
}

/** One of hostile.mjs: its path and size in megabytes. */
export function hostile(name, scale) {
  mkdirSync(cache, { recursive: true })
  const path = `${cache}/${name}-${scale}.pcap`
  if (!existsSync(path)) {
    const file = openSync(`${path}.part`, 'w')
    const script = fileURLToPath(new URL('hostile.mjs', import.meta.url))
    const { status } = spawnSync(process.execPath, [script, name, String(scale)], {
      stdio: ['ignore', file, 'inherit'],
    })
    closeSync(file)
    if (status !== 0) throw new Error(`${name} cannot be made`)
    renameSync(`${path}.part`, path)
  }
  return { path, megabytes: statSync(path).size / 1e6 }
}
