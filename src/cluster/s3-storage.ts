// The files of a run as S3 objects under a prefix. An object appears when its upload is complete.
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { DeleteObjectsCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { KEYS_REMOVED_MAX } from '../limits.ts'
import { octetsOf, StoreError } from './objects.ts'
import type { Draft, RunStorage } from './run-storage.ts'
import { keysUnder, s3, s3Object, told } from './s3.ts'
import { placeOf } from './urls.ts'

export class S3Storage implements RunStorage {
  private readonly bucket: string
  private readonly prefix: string

  private constructor(bucket: string, prefix: string) {
    this.bucket = bucket
    this.prefix = prefix
  }

  /** `workDir` is a URL that ends in a slash. */
  static of(workDir: string, run: string): S3Storage {
    const { bucket, key } = placeOf(workDir)
    return new S3Storage(bucket, `${key}${run}/`)
  }

  /** Does nothing: a prefix need not be created, and run names are unique. */
  async begin(): Promise<void> {}

  async exists(): Promise<boolean> {
    const one = new ListObjectsV2Command({ Bucket: this.bucket, Prefix: this.prefix, MaxKeys: 1 })
    const { KeyCount = 0 } = await told(s3().send(one))
    return KeyCount > 0
  }

  async draft(name: string): Promise<Draft> {
    const body = new PassThrough()
    const upload = new Upload({ client: s3(), params: { ...this.at(name), Body: body } })
    const uploaded = told(upload.done())
    // The caller that writes or commits receives the error; this avoids an unhandled rejection until then.
    uploaded.catch(() => {})
    return {
      async write(piece) {
        if (!body.write(piece)) await Promise.race([once(body, 'drain'), uploaded])
      },
      async commit() {
        body.end()
        await uploaded
      },
      async abandon() {
        await upload.abort().catch(() => {})
        body.destroy()
      },
    }
  }

  read(name: string): AsyncIterable<Uint8Array> {
    const { Bucket, Key } = this.at(name)
    return octetsOf(s3Object(Bucket, Key), name, null, [[0, null]])
  }

  async has(name: string): Promise<boolean> {
    try {
      await told(s3().send(new HeadObjectCommand(this.at(name))))
      return true
    } catch (error) {
      if (error instanceof StoreError && error.isAbsent) return false
      throw error
    }
  }

  async names(): Promise<readonly string[]> {
    const keys = await keysUnder(this.bucket, this.prefix)
    return keys.map((key) => key.slice(this.prefix.length))
  }

  async remove(names: readonly string[]): Promise<void> {
    for (let from = 0; from < names.length; from += KEYS_REMOVED_MAX) {
      const Objects = names.slice(from, from + KEYS_REMOVED_MAX).map((name) => ({ Key: this.at(name).Key }))
      const command = new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } })
      const [failed] = (await told(s3().send(command))).Errors ?? []
      if (failed !== undefined) throw new StoreError(`${failed.Code}: ${failed.Message}`, true)
    }
  }

  async end(): Promise<void> {
    await this.remove(await this.names())
  }

  private at(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.bucket, Key: this.prefix + name }
  }
}
