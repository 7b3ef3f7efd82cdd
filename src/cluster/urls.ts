// URLs of captures: which arguments are URLs, which URL is under which root, and the store that has it. A URL contains no secret:
// access to a store is granted in another way.
import { DeliveryError, UsageError } from '../errors.ts'
import { httpObject, type StoredObject, StoreError } from './objects.ts'
import { FOR_S3, withPackages } from './optional-packages.ts'

const URL_LIKE = /^(?:https?|s3):\/\//i
/** A bucket, and a key as it is, nothing in it encoded. */
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/(.*)$/

export function isUrl(word: string): boolean {
  return URL_LIKE.test(word)
}

/** A word of the command line as the URL of a capture, in its usual form. Throws UsageError. */
export function toCaptureUrl(word: string): string {
  const url = toUrl(word)
  if (url.endsWith('/')) throw new UsageError(`${word}: not the URL of a capture`)
  return url
}

/** A word as it is, or the URLs of all that lies right under a prefix of S3. Throws UsageError and DeliveryError. */
export async function expandUrl(word: string): Promise<readonly string[]> {
  if (!word.endsWith('/')) return [word]
  const { bucket, key } = placeOf(toRootUrl(word))
  if (bucket === '') throw new UsageError(`${word}: a web server cannot list its files; name each capture`)
  const { keysUnder } = await withPackages(FOR_S3, import('./s3.ts'))
  const keys = await keysUnder(bucket, key, '/').catch((error: unknown) => {
    throw error instanceof StoreError ? new DeliveryError(`${word}: cannot be listed: ${error.message}`) : error
  })
  // What stands for the prefix itself is no capture.
  const urls = keys.filter((each) => each !== key).map((each) => `s3://${bucket}/${each}`)
  if (urls.length === 0) throw new UsageError(`${word}: no captures there`)
  return urls
}

/** The same of a URL under which captures lie: it ends in a slash. Throws UsageError. */
export function toRootUrl(word: string): string {
  return toUrl(word.endsWith('/') ? word : `${word}/`)
}

/** What is refused is not repeated: a secret may be what is wrong with it. */
function toUrl(word: string): string {
  if (/[?#]/.test(word) || /^[^/]*\/\/[^/]*@/.test(word)) {
    throw new UsageError('a URL with a user, a query or a fragment is refused, because these may be secret')
  }
  if (/^s3:/i.test(word)) {
    const key = S3.exec(word)?.[2]
    if (key !== undefined && isPlain(key)) return word
    throw new UsageError(`${word}: not s3://bucket/key`)
  }
  const url = URL.canParse(word) ? new URL(word) : null
  if (url === null) throw new UsageError(`${word}: not a URL`)
  if (!isPlain(url.pathname))
    throw new UsageError(`${word}: the path contains an encoded dot or slash, which is refused`)
  return `${url.origin}${url.pathname}`
}

/** Whether no server can read more into a path than is there: it may decode it, and more than once. */
function isPlain(path: string): boolean {
  const parts = path.split('/')
  return !parts.some((part) => /^\.\.?(?:;|$)/.test(part)) && !/%(?:25)*(?:2e|2f|5c|3b)|\\/i.test(path)
}

/** The URL in its usual form where it lies under one of these roots; null if it is not. */
export function under(word: string, roots: readonly string[]): string | null {
  try {
    const url = toCaptureUrl(word)
    return roots.some((root) => url.startsWith(root)) ? url : null
  } catch (error) {
    if (error instanceof UsageError) return null
    throw error
  }
}

/** Bucket and key of what `toCaptureUrl` or `toRootUrl` gave for a URL of S3. */
export function placeOf(url: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = '', key = ''] = S3.exec(url) ?? []
  return { bucket, key }
}

/** The object of a URL that was admitted. */
export async function objectAt(url: string): Promise<StoredObject> {
  const { bucket, key } = placeOf(url)
  if (bucket === '') return httpObject(new URL(url))
  // Loaded where it is needed: it takes longer than all the rest.
  const { s3Object } = await withPackages(FOR_S3, import('./s3.ts'))
  return s3Object(bucket, key)
}
