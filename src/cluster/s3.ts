// Reads objects of S3-compatible stores by byte range. Address and credentials come from the environment or the
// configuration files of the worker, as with every S3 client: AWS_ENDPOINT_URL, AWS_REGION, …
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { editionOf, type StoredObject, StoreError } from './objects.ts'

let client: S3Client | null = null

/** One client for all objects: it keeps connections open. */
export function s3(): S3Client {
  client ??= new S3Client({
    // Stores other than Amazon's may lack a host name for every bucket, and some checksums.
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return client
}

export function s3Object(bucket: string, key: string): StoredObject {
  const at = { Bucket: bucket, Key: key }
  return {
    async look(abortSignal) {
      const {
        ContentLength = 0,
        ETag,
        LastModified,
      } = await told(s3().send(new HeadObjectCommand(at), { abortSignal }), abortSignal)
      return editionOf(ContentLength, ETag, LastModified?.toISOString())
    },
    async get(from, to, abortSignal) {
      const Range = `bytes=${from}-${to === null ? '' : to - 1}`
      const command = new GetObjectCommand({ ...at, Range })
      const asked = s3().send(command, { abortSignal })
      const answer = await told(asked, abortSignal).catch((error: unknown) => {
        if (error instanceof StoreError && error.message.startsWith('InvalidRange')) return null
        throw error
      })
      if (answer === null) return null
      const { Body, ContentRange = '', ETag, LastModified } = answer
      const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(ContentRange) ?? []
      if (Number(start) !== from || Body === undefined)
        throw new StoreError('the store does not support byte ranges', true)
      const octets = Body as AsyncIterable<Uint8Array>
      return { ...editionOf(Number(size), ETag, LastModified?.toISOString()), octets }
    },
  }
}

/** The keys with this prefix, in byte order. With a delimiter, only keys that do not contain it after the prefix. */
export async function keysUnder(bucket: string, prefix: string, delimiter?: string): Promise<readonly string[]> {
  const keys: string[] = []
  let next: string | undefined
  do {
    const at = { Bucket: bucket, Prefix: prefix, Delimiter: delimiter, ContinuationToken: next }
    const { Contents = [], NextContinuationToken } = await told(s3().send(new ListObjectsV2Command(at)))
    for (const { Key } of Contents) if (Key !== undefined) keys.push(Key)
    next = NextContinuationToken
  } while (next !== undefined)
  return keys
}

/** The response. Errors of the store become StoreError. */
export async function told<T>(asked: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (!(error instanceof S3ServiceException)) throw new StoreError((error as Error).message, false)
    const { name, message, $metadata } = error
    const status = $metadata.httpStatusCode ?? 0
    const isBusy = status === 0 || status >= 500 || status === 429
    throw new StoreError(name === message ? name : `${name}: ${message}`, !isBusy, status === 404)
  }
}
