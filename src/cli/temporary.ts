// Files that must not outlive this process: copies of piped captures, drafts, incomplete documents. They are removed
// when they are no longer needed, and when the process ends early: on a signal that can be caught, or an error.
import { mkdtempSync, rmSync } from 'node:fs'
import { type FileHandle, open, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeliveryError } from '../errors.ts'

const paths = new Set<string>()
/** What else is removed: `removeAllAtExit`. */
const others: ReadonlySet<string>[] = []

function removeAll(): void {
  for (const path of [paths, ...others].flatMap((some) => [...some])) {
    try {
      rmSync(path, { recursive: true, force: true })
    } catch {
      // The process ends. A file that it may not remove is not its own.
    }
  }
}

/** Removes the path when the process ends. Must be called before the file is created. */
export function removeAtExit(path: string): void {
  if (!process.listeners('exit').includes(removeAll)) process.on('exit', removeAll)
  paths.add(path)
}

/** Removes whatever is in the set when the process ends. */
export function removeAllAtExit(some: ReadonlySet<string>): void {
  if (!process.listeners('exit').includes(removeAll)) process.on('exit', removeAll)
  others.push(some)
}

/** No longer removes the path: the file is complete, or removed already. */
export function leave(path: string): void {
  paths.delete(path)
}

/** A folder that only this user can read (mode 0700). Throws DeliveryError. */
export function temporaryFolder(): string {
  const parent = tmpdir()
  try {
    const folder = mkdtempSync(join(parent, 'pipelint-'))
    removeAtExit(folder)
    return folder
  } catch (error) {
    throw new DeliveryError(`${parent}: cannot create a temporary folder: ${reasonOf(error)}`)
  }
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  leave(folder)
}

/** Copies without names: they exist as long as they are open. */
const unlinked: FileHandle[] = []

/**
 * Copies bytes to a file that only this user can read (mode 0600), and returns where they can be read any number of
 * times. On Linux the file has no name, so that even a killed process leaves nothing behind. Throws DeliveryError.
 */
export async function copyOf(bytes: AsyncIterable<Uint8Array>, path: string): Promise<string> {
  try {
    const file = await open(path, 'wx+', 0o600)
    unlinked.push(file)
    if (process.platform === 'linux') await unlink(path)
    for await (const chunk of bytes) await file.writeFile(chunk)
    return process.platform === 'linux' ? `/proc/self/fd/${file.fd}` : path
  } catch (error) {
    throw new DeliveryError(`${tmpdir()}: cannot copy a capture that can be read only once: ${reasonOf(error)}`)
  }
}

/** `ENOSPC: no space left on device`, without paths that the user did not give. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+( '.*)?$/s, '') : String(error)
}
