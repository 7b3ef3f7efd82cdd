// Output of the commands: standard output, or a file that appears when it is complete. Texts are written in order, one
// write at a time.
import { closeSync, openSync } from 'node:fs'
import { lstat, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { DeliveryError, UsageError } from '../errors.ts'
import { leave, reasonOf, removeAtExit } from './temporary.ts'

/** `commit` completes the document; without it nothing is left behind. */
interface Output {
  write(piece: string | Uint8Array): Promise<void>
  commit(): Promise<void>
  abandon(): Promise<void>
  /** The path at which the output can be read back before `commit`; null when it cannot. */
  readonly partial: string | null
}

/** As in Linux. */
const LINKS_MAX = 40

const nothing = async (): Promise<void> => {}

/**
 * Opens standard output for no path and for `-`. An existing target that is not a regular file (`/dev/null`, a named
 * pipe) is written directly; a file is replaced in one step. Throws DeliveryError.
 */
export async function openOutput(
  print: (piece: string | Uint8Array) => Promise<void>,
  path: string | undefined,
): Promise<Output> {
  if (path === undefined || path === '-') return { write: print, commit: nothing, abandon: nothing, partial: null }
  const deliver = delivering(path)
  const before = await stat(path).catch(() => null)
  if (before?.isDirectory()) throw new DeliveryError(`${path}: cannot be written: it is a directory`)
  const whole = before === null || before.isFile()
  // A symbolic link is kept; its target is replaced.
  const target = before?.isFile() ? await deliver(() => realpath(path)) : await deliver(() => behindLinks(path))
  const partial = whole ? `${target}.${process.pid}.part` : target
  if (whole) {
    removeAtExit(partial)
    // At once: while another thread makes it, a signal would find nothing to remove.
    await deliver(async () => closeSync(openSync(partial, 'w', before?.mode)))
  }
  const file = await deliver(() => open(partial, whole ? 'r+' : 'w'))
  return {
    partial: whole ? partial : null,
    write: (piece) => deliver(async () => void (await file.writeFile(piece))),
    commit: () =>
      deliver(async () => {
        await file.close()
        if (whole) await rename(partial, target)
        leave(partial)
      }),
    async abandon() {
      await file.close().catch(nothing)
      if (whole) await rm(partial, { force: true })
      leave(partial)
    },
  }
}

/** The target of a symbolic link, even if it does not exist: a shell's `>` creates it. */
async function behindLinks(path: string): Promise<string> {
  let target = path
  for (let links = 0; links < LINKS_MAX; links++) {
    if ((await lstat(target).catch(() => null))?.isSymbolicLink() !== true) return target
    target = resolve(dirname(target), await readlink(target))
  }
  throw new Error('ELOOP: too many symbolic links encountered')
}

/** `-o` must not name one of the input captures: an overwritten capture is lost evidence. */
export async function forbidOverwriting(
  path: string | undefined,
  captures: readonly string[],
  option = '-o',
): Promise<void> {
  if (path === undefined || path === '-') return
  const canonical = (name: string) => realpath(name).catch(() => resolve(name))
  const target = await canonical(path)
  for (const capture of captures) {
    if (capture === '-' || (await canonical(capture)) !== target) continue
    const { isFile } = await stat(capture).then((entry) => ({ isFile: entry.isFile() }))
    if (isFile) throw new UsageError(`${option} ${path}: this is one of the input captures`)
  }
}

/** Converts errors of the work to DeliveryError. */
function delivering(path: string): <T>(work: () => Promise<T>) => Promise<T> {
  return async (work) => {
    try {
      return await work()
    } catch (error) {
      throw new DeliveryError(`${path}: cannot be written: ${reasonOf(error)}`)
    }
  }
}

/** Number of characters collected before they are written. */
const PIECE_CHARACTERS = 65_536

export class WriteQueue {
  private readonly sink: Output
  private waiting = ''
  private isScheduled = false
  private written: Promise<void> = Promise.resolve()

  constructor(sink: Output) {
    this.sink = sink
  }

  /** Nothing waits longer than until the next input is awaited: a session appears as it closes. */
  add(text: string): Promise<void> {
    this.waiting += text
    if (this.waiting.length >= PIECE_CHARACTERS) return this.flush()
    if (!this.isScheduled) setImmediate(() => this.onImmediate())
    this.isScheduled = true
    return this.written
  }

  /** The returned promise settles when everything added so far is written. */
  flush(): Promise<void> {
    const piece = this.waiting
    this.waiting = ''
    if (piece === '') return this.written
    this.written = this.written.then(() => this.sink.write(piece))
    // The error is also reported to the next caller; this avoids an unhandled rejection until then.
    this.written.catch(() => {})
    return this.written
  }

  private onImmediate(): void {
    this.isScheduled = false
    void this.flush()
  }
}
