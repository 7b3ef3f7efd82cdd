// Captures that are still written -> their bytes, file after file. A file is followed while it grows; when the writer has
// gone on to another one (tcpdump -C, -G and -W, dumpcap -b, a file that is renamed or written anew), that one is next.
import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UsageError } from '../errors.ts'
import { FOLLOW_POLL_MS, FOLLOW_READ_BYTES, ROTATION_SLACK_NS } from '../limits.ts'
import type { StopSignal } from '../stop-signal.ts'
import type { TimeBase } from './packet.ts'
import { firstTime } from './sort-captures.ts'

interface FollowOptions {
  /** Ends the following. What was written before is still read. */
  readonly signal: StopSignal
  /** The time of the last packet that was read, in nanoseconds since the Unix epoch. */
  readonly lastNs: () => bigint | null
  /** Called for a capture of the same place that grows but does not continue the one that is followed. */
  readonly onOther?: (path: string) => void
}

/** A file at a time when it was looked at. `id` changes when the file is replaced. */
interface Seen {
  readonly path: string
  readonly id: string
  readonly size: bigint
  readonly writtenNs: bigint
  /** The time of its first packet; null while it has none. */
  readonly firstNs: bigint | null
}

interface Followed {
  readonly path: string
  readonly id: string
  writtenNs: bigint
  /** Bytes that were read. */
  at: number
}

export class RotatedCaptures {
  private readonly folder: string
  /** What the names of one rotation have in common; null: every file of the folder belongs to it. */
  private readonly family: string | null
  private readonly start: string | null
  private readonly options: FollowOptions
  private readonly seen = new Map<string, Seen>()
  /** Files that were read, by identity and first packet: a ring is written again. */
  private readonly read = new Set<string>()
  private readonly told = new Set<string>()
  /** When the files that were followed had last been written to, by identity. */
  private readonly left = new Map<string, bigint>()
  private current: Followed | null = null
  private following: Seen | null = null

  /** Follows a file and those that continue it, or the newest capture of a directory. Throws UsageError. */
  static async of(word: string, options: FollowOptions): Promise<RotatedCaptures> {
    const entry = await stat(word).catch(() => null)
    if (entry === null) throw new UsageError(`no such file: ${word}`)
    if (!entry.isFile() && !entry.isDirectory())
      throw new UsageError(`${word}: neither a file nor a directory; - follows standard input`)
    return new RotatedCaptures(word, entry.isDirectory(), options)
  }

  private constructor(word: string, isFolder: boolean, options: FollowOptions) {
    this.folder = isFolder ? word : dirname(word)
    this.family = isFolder ? null : familyOf(basename(word))
    this.start = isFolder ? null : word
    this.options = options
  }

  /** The next capture; waits for it. Null when following has ended. */
  async next(): Promise<{ readonly name: string; readonly bytes: AsyncIterable<Uint8Array> } | null> {
    const path = await this.nextPath()
    return path === null ? null : { name: path, bytes: this.bytesOf(path) }
  }

  private async nextPath(): Promise<string | null> {
    const { following, start, options } = this
    this.following = null
    if (following !== null) return following.path
    if (this.current !== null) return null
    if (start !== null) return start
    while (!options.signal.aborted) {
      const found = await this.look()
      const newest = found.reduce<Seen | null>((best, one) => (isNewer(one, best) ? one : best), null)
      for (const one of found) this.read.add(keyOf(one))
      if (newest !== null) return newest.path
      await this.wait()
    }
    return null
  }

  /** The bytes of a file, until another one continues it. */
  private async *bytesOf(path: string): AsyncGenerator<Uint8Array> {
    const file = await open(path, 'r')
    try {
      const entry = await file.stat({ bigint: true })
      const current: Followed = { path, id: idOf(entry), writtenNs: entry.mtimeNs, at: 0 }
      this.current = current
      const buffer = new Uint8Array(FOLLOW_READ_BYTES)
      for (;;) {
        const { aborted } = this.options.signal
        yield* this.rest(file, buffer, current)
        if (aborted || this.following !== null) {
          this.left.set(current.id, (await file.stat({ bigint: true })).mtimeNs)
          return
        }
        // The successor exists before its writer has closed this file for certain: what is left is read after that.
        if (!(await this.isContinued(file, current))) await this.wait()
      }
    } finally {
      await file.close()
    }
  }

  private async *rest(file: FileHandle, buffer: Uint8Array, current: Followed): AsyncGenerator<Uint8Array> {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, current.at)
      if (bytesRead === 0) return
      current.at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  private async isContinued(file: FileHandle, current: Followed): Promise<boolean> {
    const entry = await file.stat({ bigint: true })
    current.writtenNs = entry.mtimeNs
    const isRewritten = entry.size < BigInt(current.at)
    let first: Seen | null = null
    for (const one of await this.look()) {
      if (one.id === current.id && !isRewritten) this.read.add(keyOf(one))
      else if (!this.continues(one, current)) this.tell(one, current)
      else if (!this.read.has(keyOf(one)) && isEarlier(one, first)) first = one
    }
    if (first === null) return false
    this.read.add(keyOf(first))
    this.following = first
    return true
  }

  /** Whether a file begins where the followed one ends. */
  private continues({ firstNs, writtenNs }: Seen, current: Followed): boolean {
    const lastNs = this.options.lastNs()
    if (firstNs === null) return false
    return lastNs === null ? writtenNs >= current.writtenNs : firstNs >= lastNs - ROTATION_SLACK_NS
  }

  private tell({ path, id, firstNs, writtenNs }: Seen, current: Followed): void {
    if (firstNs === null || writtenNs <= current.writtenNs || this.told.has(path)) return
    // Files that are copied may have been written in another order than that of their packets.
    if (writtenNs <= (this.left.get(id) ?? 0n)) return
    this.told.add(path)
    this.options.onOther?.(path)
  }

  /** The files of the rotation as they are now. */
  private async look(): Promise<Seen[]> {
    const { folder, family, seen } = this
    const found: Seen[] = []
    for (const name of await readdir(folder).catch(() => [])) {
      if (family !== null && familyOf(name) !== family) continue
      const path = join(folder, name)
      const entry = await stat(path, { bigint: true }).catch(() => null)
      if (entry?.isFile() !== true) continue
      const before = seen.get(path)
      const isSame = before?.id === idOf(entry) && before.size === entry.size && before.writtenNs === entry.mtimeNs
      const one = isSame ? before : { ...(await seenAt(path, entry)) }
      seen.set(path, one)
      found.push(one)
    }
    return found
  }

  private wait(): Promise<void> {
    const { signal } = this.options
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, signal.aborted ? 0 : FOLLOW_POLL_MS)
      signal.addEventListener('abort', done)
    })
  }
}

/** `mail.pcap`, `mail.pcap1`, `mail.pcap12` are one rotation, and so are `mx-1200.pcap` and `mx-1300.pcap`. */
export function familyOf(name: string): string {
  return name.replace(/\d+$/, '').replace(/\d+/g, '#')
}

async function seenAt(path: string, entry: BigIntStats): Promise<Seen> {
  const first = await firstTime(path)
  return {
    path,
    ...{ id: idOf(entry), size: entry.size, writtenNs: entry.mtimeNs },
    firstNs: first && nsOf(first),
  }
}

const idOf = ({ dev, ino }: BigIntStats) => `${dev}:${ino}`
const keyOf = ({ path, id, firstNs }: Seen) => `${path} ${id} ${firstNs}`
const nsOf = ({ seconds, nanoseconds }: TimeBase) => BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)

function isNewer(one: Seen, best: Seen | null): boolean {
  return one.firstNs !== null && (best === null || one.writtenNs > best.writtenNs)
}

const isEarlier = (one: Seen, best: Seen | null) =>
  one.firstNs !== null && (best === null || best.firstNs === null || one.firstNs < best.firstNs)
