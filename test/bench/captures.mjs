// The captures of the benchmark: what they are, made by seed into a cache folder when they are wanted.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
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

const SCALED = ['bytes', 'sessions', 'repeat']

/** One of them, so many times as large: its path, packets, sessions and size in megabytes. */
export function capture(name, scale) {
  mkdirSync(cache, { recursive: true })
  const path = `${cache}/${name}-${scale}.pcap`
  const options = { ...CAPTURES[name] }
  for (const key of SCALED) {
    // The one connection of `long` grows, and stays one.
    if (options[key] !== undefined && !(key === 'sessions' && options.repeat)) options[key] *= scale
  }
  if (!existsSync(path)) writeFileSync(`${path}.json`, JSON.stringify(generate(path, options)))
  return { path, megabytes: statSync(path).size / 1e6, ...JSON.parse(readFileSync(`${path}.json`, 'utf8')) }
}
