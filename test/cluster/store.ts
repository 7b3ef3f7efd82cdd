// A store of objects on loopback: a web server that knows byte ranges, and the same behind the S3 protocol for a client that
// signs with its key. It can fail on request.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const KEY = { id: 'AKIDEXAMPLE', secret: 'not-a-secret' }
export const BUCKET = 'captures'

export class Store {
  /** By name. */
  readonly objects = new Map<string, Uint8Array>()
  /** Answers that fail before the next one that does not, in this order: a status, or a connection that ends early. */
  readonly failures: (number | 'cut')[] = []
  /** Objects of which only so many octets come, though the whole size is given. */
  readonly endsAt = new Map<string, number>()
  knowsRanges = true
  isFull = false
  private readonly parts = new Map<string, Buffer[]>()
  /** What was asked for, `GET name 5-10`. */
  readonly asked: string[] = []
  private readonly server: Server
  private port = 0

  private constructor() {
    this.server = createServer((request, response) => void this.answer(request, response))
  }

  static async open(): Promise<Store> {
    const store = new Store()
    await new Promise<void>((resolve) => store.server.listen(0, '127.0.0.1', resolve))
    store.port = (store.server.address() as AddressInfo).port
    return store
  }

  /** Over HTTP. */
  url(name: string): string {
    return `http://127.0.0.1:${this.port}/web/${name}`
  }

  /** How clients of S3 find it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${this.port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: KEY.id,
      AWS_SECRET_ACCESS_KEY: KEY.secret,
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '', headers } = request
    const query = new URL(url, 'http://store').searchParams
    const [, place, ...rest] = decodeURIComponent(url.replace(/\?.*/, '')).split('/')
    const name = rest.join('/')
    const isSigned = headers.authorization?.startsWith(`AWS4-HMAC-SHA256 Credential=${KEY.id}/`) === true
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
    const range =
      this.knowsRanges && from !== undefined ? ([Number(from), to ? Number(to) + 1 : Infinity] as const) : null
    this.asked.push(`${method} ${name}${from === undefined ? '' : ` ${from}-${to}`}`)
    const failure = this.failures.shift()
    const object = this.objects.get(name)
    if (typeof failure === 'number') refuse(response, failure, 'SlowDown')
    else if (place === 'away') response.writeHead(302, { location: this.url(name) }).end()
    else if (place === BUCKET && !isSigned) refuse(response, 403, 'AccessDenied')
    else if (method === 'PUT' || method === 'POST' || query.has('list-type')) {
      const body: Buffer[] = []
      for await (const piece of request) body.push(piece as Buffer)
      this.keep(response, name, query, Buffer.concat(body))
    } else if (object === undefined) refuse(response, 404, 'NoSuchKey')
    else {
      const endsAt = this.endsAt.get(name) ?? null
      give(response, object, { isHead: method === 'HEAD', isCut: failure === 'cut', endsAt }, range)
    }
  }

  /** What is written: objects, as a whole or in parts; which there are; which shall go. */
  private keep(response: ServerResponse, name: string, query: URLSearchParams, body: Buffer): void {
    const part = Number(query.get('partNumber') ?? '1')
    if (this.isFull) refuse(response, 507, 'InsufficientStorage')
    else if (query.has('uploads')) say(response, `<UploadId>${name}</UploadId>`)
    else if (query.has('partNumber')) {
      const parts = this.parts.get(name) ?? []
      parts[part - 1] = body
      this.parts.set(name, parts)
      response.writeHead(200, { etag: `"${part}"` }).end()
    } else if (query.has('uploadId')) {
      this.objects.set(name, Buffer.concat(this.parts.get(name) ?? []))
      say(response, '<ETag>"all"</ETag>')
    } else if (query.has('delete')) {
      for (const [, key = ''] of body.toString().matchAll(/<Key>(.*?)<\/Key>/g)) this.objects.delete(key)
      say(response, '')
    } else if (query.has('list-type')) {
      const max = Number(query.get('max-keys') ?? '2')
      const behind = query.get('continuation-token') ?? ''
      const prefix = query.get('prefix') ?? ''
      const isListed = (key: string) =>
        key.startsWith(prefix) && !(query.has('delimiter') && key.slice(prefix.length).includes('/'))
      const all = [...this.objects.keys()].sort().filter(isListed)
      const keys = all.filter((key) => key > behind).slice(0, max)
      const last = keys.at(-1)
      const next =
        last === undefined || last === all.at(-1) ? '' : `<NextContinuationToken>${last}</NextContinuationToken>`
      const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')
      say(response, `<KeyCount>${keys.length}</KeyCount>${contents}${next}`)
    } else {
      this.objects.set(name, body)
      response.writeHead(200, { etag: '"all"' }).end()
    }
  }
}

interface Manner {
  readonly isHead: boolean
  readonly isCut: boolean
  readonly endsAt: number | null
}

function give(
  response: ServerResponse,
  object: Uint8Array,
  { isHead, isCut, endsAt }: Manner,
  range: readonly [number, number] | null,
): void {
  const { length } = object
  const etag = `"${createHash('md5').update(object).digest('hex')}"`
  const [start, end] = range === null ? [0, length] : [range[0], Math.min(range[1], length)]
  const known = { etag, 'content-length': end - start }
  if (range !== null && start >= length) refuse(response, 416, 'InvalidRange')
  else {
    if (range === null) response.writeHead(200, known)
    else response.writeHead(206, { ...known, 'content-range': `bytes ${start}-${end - 1}/${length}` })
    const part = object.subarray(start, isCut ? start + Math.ceil((end - start) / 2) : end)
    if (isHead) response.end()
    else if (endsAt !== null && endsAt < end) {
      response.flushHeaders()
      response.write(object.subarray(start, Math.max(start, endsAt)))
      setTimeout(() => response.destroy(), 50)
    } else if (isCut) response.write(part, () => setImmediate(() => response.destroy()))
    else response.end(part)
  }
}

function say(response: ServerResponse, what: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Result>${what}</Result>`)
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`,
  )
}
