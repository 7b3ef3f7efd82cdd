// Key logs in SSLKEYLOGFILE format (draft-ietf-tls-keylogfile). Secrets are found by the random of the client's hello.
// They are in private fields, so that no object dump prints them.
import { hexOf, octetsOf } from '../capture/hex.ts'
import { KEYLOG_SESSIONS_MAX, TLS_RESUMABLE_MAX } from '../limits.ts'

/** The supported labels. Others (exporters, ECH) are ignored. `CLIENT_RANDOM` is the master secret of TLS 1.2. */
const LABELS = [
  'CLIENT_RANDOM',
  'CLIENT_EARLY_TRAFFIC_SECRET',
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'SERVER_TRAFFIC_SECRET_0',
] as const
export type SecretLabel = (typeof LABELS)[number]

export type Secrets = ReadonlyMap<SecretLabel, Uint8Array>

const LINE = /^([A-Z_0-9]+)[ \t]+([0-9a-f]{64})[ \t]+((?:[0-9a-f]{2}){16,64})[ \t\r]*$/i
const isUsed = (label: string): label is SecretLabel => (LABELS as readonly string[]).includes(label)

export class Keyring {
  readonly #sessions = new Map<string, Map<SecretLabel, Uint8Array>>()
  /**
   * Master secrets of TLS 1.2 by the session identifiers and tickets that resume their sessions, as seen in the
   * captures.
   */
  readonly #resumable = new Map<string, Uint8Array>()
  /** Master secrets of resumed sessions, by the client random of the connection that resumes. No key log has these. */
  readonly #recalled = new Map<string, Uint8Array>()
  /** Key logs that still grow, and the number of entries taken from each. */
  readonly #followed: { readonly keyLogs: readonly string[]; taken: number }[] = []
  /** Number of lines that were dropped because the limit was reached. */
  refused = 0

  /** Number of connections whose secrets are known. */
  get size(): number {
    this.#catchUp()
    return this.#sessions.size
  }

  /** Registers the key logs inside a capture. They are read as they grow, whenever a secret is looked up. */
  follow(keyLogs: readonly string[]): void {
    this.#followed.push({ keyLogs, taken: 0 })
  }

  /** Adds the lines of a key log, ignoring invalid ones. Returns the number of lines with a supported secret. */
  add(text: string): number {
    let used = 0
    for (let at = 0; at < text.length; ) {
      const lf = text.indexOf('\n', at)
      const end = lf < 0 ? text.length : lf
      if (this.#addLine(text.slice(at, end))) used++
      at = end + 1
    }
    return used
  }

  /** The secrets of the connection with this random in its ClientHello. */
  of(clientRandom: Uint8Array): Secrets | undefined {
    this.#catchUp()
    return this.#sessions.get(hexOf(clientRandom))
  }

  /** Stores the master secret of a session that may be resumed. */
  remember(handle: Uint8Array, master: Uint8Array): void {
    if (handle.length === 0) return
    const [oldest] = this.#resumable.keys()
    if (this.#resumable.size >= TLS_RESUMABLE_MAX && oldest !== undefined) this.#resumable.delete(oldest)
    this.#resumable.set(hexOf(handle), master)
  }

  /** The master secret of the session that the identifier or ticket resumes, for the connection with this random. */
  recall(handle: Uint8Array, clientRandom: Uint8Array): Uint8Array | undefined {
    const master = handle.length === 0 ? undefined : this.#resumable.get(hexOf(handle))
    if (master !== undefined && this.#recalled.size < KEYLOG_SESSIONS_MAX)
      this.#recalled.set(hexOf(clientRandom), master)
    return master
  }

  /**
   * Key log lines with the secrets of these connections, for export at the user's request. `given`: only as in the key
   * logs; `known`: also those of resumed sessions, under the random of the connection.
   */
  linesOf(clientRandoms: Iterable<string>, which: 'given' | 'known'): string {
    const lines: string[] = []
    for (const random of new Set(clientRandoms)) {
      for (const [label, secret] of this.#sessions.get(random) ?? [])
        lines.push(`${label} ${random} ${hexOf(secret)}\n`)
      const recalled = which === 'known' ? this.#recalled.get(random) : undefined
      if (recalled !== undefined) lines.push(`CLIENT_RANDOM ${random} ${hexOf(recalled)}\n`)
    }
    return lines.join('')
  }

  #catchUp(): void {
    for (const source of this.#followed) {
      for (; source.taken < source.keyLogs.length; source.taken++) this.add(source.keyLogs[source.taken] ?? '')
    }
  }

  #addLine(line: string): boolean {
    const [, label = '', random = '', secret = ''] = LINE.exec(line) ?? []
    const name = label.toUpperCase()
    if (!isUsed(name)) return false
    const key = random.toLowerCase()
    let secrets = this.#sessions.get(key)
    if (secrets === undefined) {
      if (this.#sessions.size >= KEYLOG_SESSIONS_MAX) {
        this.refused++
        return false
      }
      secrets = new Map()
      this.#sessions.set(key, secrets)
    }
    secrets.set(name, octetsOf(secret))
    return true
  }
}
