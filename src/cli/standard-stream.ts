// Standard output or standard error. Node makes a stream of it when it is first asked for, and loads for that what takes
// longer than a small capture takes to judge. A file needs no stream, nor does the little that any pipe or socket holds.
import { fstatSync, type Stats, statSync, writeSync } from 'node:fs'

/** A pipe or socket holds as much before it is read: writing does not wait. */
const PIPE_BYTES = 16_384

export class StandardStream {
  private readonly fd: 1 | 2
  private readonly onError: (error: NodeJS.ErrnoException) => void
  private readonly mayBeTerminal: boolean
  /** How many bytes may still be written without a stream. */
  private direct: number
  private opened: NodeJS.WriteStream | null = null

  constructor(fd: 1 | 2, onError: (error: NodeJS.ErrnoException) => void) {
    this.fd = fd
    this.onError = onError
    this.direct = directBytes(fd)
    this.mayBeTerminal = this.direct === 0
  }

  /** Null where it is none. */
  get terminal(): NodeJS.WriteStream | null {
    return this.mayBeTerminal && this.stream.isTTY === true ? this.stream : null
  }

  /** Whether all that was written has left this process. */
  get isFlushed(): boolean {
    return this.opened === null || this.opened.writableLength === 0
  }

  /** Resolves when more may be written. */
  async write(piece: string | Uint8Array): Promise<void> {
    const rest = this.direct === 0 ? piece : this.writeDirectly(typeof piece === 'string' ? Buffer.from(piece) : piece)
    if (rest !== null) await new Promise<void>((resolve) => this.stream.write(rest, () => resolve()))
  }

  private get stream(): NodeJS.WriteStream {
    this.opened ??= (this.fd === 1 ? process.stdout : process.stderr).on('error', this.onError)
    return this.opened
  }

  /** Returns what is left for the stream. */
  private writeDirectly(bytes: Uint8Array): Uint8Array | null {
    this.direct = Math.max(0, this.direct - bytes.length)
    if (this.direct === 0) return bytes
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(this.fd, bytes, written)
    } catch (error) {
      // Another program made it a pipe that does not wait.
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
        this.direct = 0
        return bytes.subarray(written)
      }
      this.onError(error as NodeJS.ErrnoException)
    }
    return null
  }
}

function directBytes(fd: number): number {
  if (process.platform === 'win32') return 0
  try {
    const entry = fstatSync(fd)
    if (entry.isFile() || isNull(entry)) return Number.POSITIVE_INFINITY
    return entry.isFIFO() || entry.isSocket() ? PIPE_BYTES : 0
  } catch {
    return 0
  }
}

function isNull(entry: Stats): boolean {
  return entry.isCharacterDevice() && entry.rdev === statSync('/dev/null').rdev
}
