// URLs of captures: recognises and normalises them, checks them against the allowed roots, and opens their objects. A
// URL contains no secret: credentials for a store come from the environment.
import { DeliveryError, UsageError } from '../errors.ts'
import { httpObject, type StoredObject, StoreError } from './objects.ts'
import { FOR_S3, withPackages } from './optional-packages.ts'

const URL_LIKE = /^(?:https?|s3):\/\//i
/** A bucket and a key; nothing in the key is encoded. */
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/(.*)$/

export function isUrl(word: string): boolean {
  return URL_LIKE.test(word)
}

/** Normalises the URL of a capture from the command line. Throws UsageError. */
export function toCaptureUrl(word: string): string {
  const url = toUrl(word)
  if (url.endsWith('/')) throw new UsageError(`${word}: not the URL of a capture`)
  return url
}

/**
 * The URL itself, or for an S3 prefix the URLs of all objects directly under it. Throws UsageError and DeliveryError.
 */
export async function expandUrl(word: string): Promise<readonly string[]> {
  if (!word.endsWith('/')) return [word]
  const { bucket, key } = placeOf(toRootUrl(word))
  if (bucket === '') throw new UsageError(`${word}: a web server cannot list its files; name each capture`)
  const { keysUnder } = await withPackages(FOR_S3, import('./s3.ts'))
  const keys = await keysUnder(bucket, key, '/').catch((error: unknown) => {
    throw error instanceof StoreError ? new DeliveryError(`${word}: cannot be listed: ${error.message}`) : error
  })
  // The object that represents the prefix itself is not a capture.
  const urls = keys.filter((each) => each !== key).map((each) => `s3://${bucket}/${each}`)
  if (urls.length === 0) throw new UsageError(`${word}: no captures there`)
  return urls
}

/** Normalises a URL prefix of captures; it ends in a slash. Throws UsageError. */
export function toRootUrl(word: string): string {
  return toUrl(word.endsWith('/') ? word : `${word}/`)
}

/** Error messages do not repeat refused parts of a URL, because they may be secret. */
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

/** Whether the path has no dot segments, not even after a server has decoded it once or several times. */
function isPlain(path: string): boolean {
  const parts = path.split('/')
  return !parts.some((part) => /^\.\.?(?:;|$)/.test(part)) && !/%(?:25)*(?:2e|2f|5c|3b)|\\/i.test(path)
}

/** The normalised URL if it lies under one of these roots, else null. */
export function under(word: string, roots: readonly string[]): string | null {
  try {
    const url = toCaptureUrl(word)
    return roots.some((root) => url.startsWith(root)) ? url : null
  } catch (error) {
    if (error instanceof UsageError) return null
    throw error
  }
}

/** Bucket and key of a normalised S3 URL; both empty for other URLs. */
export function placeOf(url: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = '', key = ''] = S3.exec(url) ?? []
  return { bucket, key }
}

/** The object at a URL that lies under an allowed root. */
export async function objectAt(url: string): Promise<StoredObject> {
  const { bucket, key } = placeOf(url)
  if (bucket === '') return httpObject(new URL(url))
  // Loaded on demand, because loading takes long.
  const { s3Object } = await withPackages(FOR_S3, import('./s3.ts'))
  return s3Object(bucket, key)
}
