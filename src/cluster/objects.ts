// Captures outside the worker: files of a shared storage, and objects of web servers by byte range (RFC 9110 section
// 14). An object is requested once from where reading begins, and again from there when the connection ends early, as
// long as it is the same version. Redirects are not followed and content is not decoded.
import { stat } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { problem } from '../capture/record-reader.ts'
import { type ByteRange, type ByteSource, fileOpener, fromIterable } from '../capture/source.ts'
import { CaptureError } from '../errors.ts'
import { OBJECT_BACKOFF_MS, OBJECT_PATIENCE_MS, OBJECT_TRIES_MAX } from '../limits.ts'

/** The size and version of a capture. */
export interface Seen {
  /** Bytes. */
  readonly size: number
  /** Differs when the capture was rewritten, as far as the store shows. */
  readonly edition: string
}

/** The response of a store: size and version, and the bytes from the requested offset on. */
export interface Answer extends Seen {
  readonly octets: AsyncIterable<Uint8Array>
}

/** An object in any store. Both methods throw StoreError. */
export interface StoredObject {
  look(signal: AbortSignal): Promise<Seen>
  /** The bytes `[from, to)`, or fewer at the end of the object. Null when the object ends before `from`. */
  get(from: number, to: number | null, signal: AbortSignal): Promise<Answer | null>
}

/** The version of an object: its entity tag (RFC 9110 section 8.8.3), else its modification time. */
export function editionOf(size: number, tag: string | undefined, modified: string | undefined): Seen {
  return { size, edition: `${size} ${tag ?? modified ?? ''}` }
}

/** A failed request to a store. `isFinal`: trying again is useless. `isAbsent`: the object does not exist. */
export class StoreError extends Error {
  readonly isFinal: boolean
  readonly isAbsent: boolean

  constructor(message: string, isFinal: boolean, isAbsent = false) {
    super(message)
    this.name = 'StoreError'
    this.isFinal = isFinal
    this.isAbsent = isAbsent
  }
}

/** Throws CaptureError `unreadable`. */
export async function lookAt(object: StoredObject, name: string): Promise<Seen> {
  for (let failures = 0; ; ) {
    const patience = new Patience()
    try {
      return await object.look(patience.signal)
    } catch (error) {
      await again(error, ++failures, name, 0)
    } finally {
      patience.end()
    }
  }
}

/**
 * Opens the given edition, or any when null; all of it, or its header and a range. Reading throws CaptureError
 * `unreadable`.
 */
export async function openObject(
  object: StoredObject,
  name: string,
  edition: string | null,
  range: ByteRange | null,
): Promise<ByteSource> {
  const octets = octetsOf(object, name, edition, range === null ? [[0, null]] : spansOf(range))
  const source = fromIterable(name, octets)
  return range === null ? source : { ...source, origin: range.from - range.headerLength }
}

/** The reason given when a capture has changed since it was recorded. */
const CHANGED = 'the file changed while it was read'
const ENDED = 'the connection ended early'

type Span = readonly [from: number, to: number | null]

function spansOf({ headerLength, from, to }: ByteRange): readonly Span[] {
  return [
    [0, headerLength],
    [from, to],
  ]
}

/**
 * The bytes of the object, span by span. Throws CaptureError: `cut-off` when the store delivers no more though it still
 * answers, `unreadable` for all else.
 */
export async function* octetsOf(
  object: StoredObject,
  name: string,
  edition: string | null,
  spans: readonly Span[],
): AsyncGenerator<Uint8Array, void, void> {
  let wantedEdition = edition
  for (const [from, to] of spans) {
    let at = from
    let end = to
    let [failures, answers] = [0, 0]
    while (end === null || at < end) {
      const patience = new Patience()
      try {
        const answer = await object.get(at, end, patience.signal)
        // An object that was longer before ends early; one that never reached so far has nothing here.
        if (answer === null && at === from) break
        answers++
        if (answer === null) throw new StoreError(ENDED, false)
        wantedEdition ??= answer.edition
        if (answer.edition !== wantedEdition) throw new StoreError(CHANGED, true)
        end = Math.min(end ?? answer.size, answer.size)
        for await (const piece of answer.octets) {
          patience.renew()
          // A server without support for ranges sends more.
          const wanted = piece.subarray(0, end - at)
          at += wanted.length
          failures = 0
          answers = 1
          if (wanted.length > 0) yield wanted
          if (wanted.length < piece.length) break
        }
        if (at < end) throw new StoreError(ENDED, false)
      } catch (error) {
        failures++
        if (failures === OBJECT_TRIES_MAX && answers === failures && at > 0 && end !== null && !isFinal(error))
          throw endsEarly(name, at, end)
        await again(error, failures, name, at)
      } finally {
        patience.end()
      }
    }
  }
}

/** Waits before the next attempt, longer each time. Throws when no attempt remains or another is useless. */
async function again(error: unknown, failures: number, name: string, fileOffset: number): Promise<void> {
  if (isFinal(error) || failures === OBJECT_TRIES_MAX) {
    throw problem('unreadable', name, fileOffset, error instanceof Error ? error.message : String(error))
  }
  await new Promise((resolve) => setTimeout(resolve, OBJECT_BACKOFF_MS * 2 ** (failures - 1)))
}

function isFinal(error: unknown): boolean {
  return error instanceof StoreError && error.isFinal
}

/** Every attempt was answered, and none brought a byte: what came before is judged, as of a file that is cut off. */
function endsEarly(path: string, fileOffset: number, size: number): CaptureError {
  const needed = size - fileOffset
  return new CaptureError({
    ...{ code: 'cut-off', path, fileOffset, needed, available: 0 },
    accordingTo: 'the size that the store gives',
  })
}

/** Aborts a request after `OBJECT_PATIENCE_MS` without data. */
class Patience {
  private readonly controller = new AbortController()
  private readonly timer = setTimeout(() => {
    this.controller.abort(new StoreError(`no data for ${OBJECT_PATIENCE_MS / 1000} s`, false))
  }, OBJECT_PATIENCE_MS)

  get signal(): AbortSignal {
    return this.controller.signal
  }

  renew(): void {
    this.timer.refresh()
  }

  /** Ends the request. */
  end(): void {
    clearTimeout(this.timer)
    this.controller.abort()
  }
}

/** Throws CaptureError `unreadable`. */
export async function lookAtFile(path: string, name: string): Promise<Seen> {
  const { source, seen } = await opened(path, name, null)
  await source.close()
  return seen
}

/**
 * Opens the given edition, or any when null; all of it, or its header and a range. Throws CaptureError `unreadable`.
 */
export async function openFile(
  path: string,
  name: string,
  edition: string | null,
  range: ByteRange | null,
): Promise<ByteSource> {
  const { source, seen } = await opened(path, name, range)
  if (edition === null || seen.edition === edition) return source
  await source.close()
  throw problem('unreadable', name, 0, CHANGED)
}

interface Opened {
  readonly source: ByteSource
  readonly seen: Seen
}

/** The size is read after opening: network file systems refresh it only then. */
async function opened(path: string, name: string, range: ByteRange | null): Promise<Opened> {
  const source = await fileOpener(path, name)(range)
  try {
    const { size, mtimeMs } = await asked(stat(path), name)
    return { source, seen: { size, edition: `${size} ${mtimeMs}` } }
  } catch (error) {
    await source.close()
    throw error
  }
}

/** The answer of the file system. Its errors become CaptureError `unreadable`. */
export async function asked<T>(answer: Promise<T>, name: string): Promise<T> {
  try {
    return await answer
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === undefined ? message : message.replace(/, \w+ .*$/s, `, open '${name}'`)
    throw problem('unreadable', name, 0, why)
  }
}

type Headers = Readonly<Record<string, string>>

export function httpObject(url: URL): StoredObject {
  return {
    async look(signal) {
      const response = await ask(url, 'HEAD', {}, signal)
      response.resume()
      if (response.statusCode !== 200) throw refusal(response)
      return seen(response, lengthOf(response))
    },
    async get(from, to, signal) {
      const range = `bytes=${from}-${to === null ? '' : to - 1}`
      const response = await ask(url, 'GET', { range }, signal)
      const answer = answerIn(response, from)
      if (answer === null || answer instanceof StoreError) response.destroy()
      if (answer instanceof StoreError) throw answer
      return answer
    },
  }
}

function ask(url: URL, method: string, headers: Headers, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: { 'accept-encoding': 'identity', ...headers }, signal }, resolve)
    asked.on('error', (error) => reject(signal.aborted ? signal.reason : new StoreError(error.message, false)))
    asked.end()
  })
}

/** Null when the object ends before the range. */
function answerIn(response: IncomingMessage, from: number): Answer | StoreError | null {
  const { statusCode, headers } = response
  const { 'content-range': range = '' } = headers
  switch (statusCode) {
    case 206: {
      const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(range) ?? []
      if (Number(start) !== from) return new StoreError(`the server returned another byte range: "${range}"`, true)
      return { ...seen(response, Number(size)), octets: response }
    }
    case 200:
      if (from > 0) return new StoreError('the server does not support byte ranges', true)
      return { ...seen(response, lengthOf(response)), octets: response }
    case 416:
      return null
    default:
      return refusal(response)
  }
}

function seen({ headers }: IncomingMessage, size: number): Seen {
  return editionOf(size, headers.etag, headers['last-modified'])
}

function lengthOf({ headers }: IncomingMessage): number {
  const length = headers['content-length'] ?? ''
  if (/^\d+$/.test(length)) return Number(length)
  throw new StoreError('the server does not report the size', true)
}

function refusal({ statusCode = 0, statusMessage = '' }: IncomingMessage): StoreError {
  if (statusCode >= 300 && statusCode < 400)
    return new StoreError(`the server redirects to another address (${statusCode})`, true)
  const isBusy = statusCode >= 500 || statusCode === 408 || statusCode === 429
  return new StoreError(`${statusCode} ${statusMessage}`.trim(), !isBusy)
}
