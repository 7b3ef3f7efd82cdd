// A store of objects on loopback: a web server that knows byte ranges, and the same behind the protocol of S3 for whoever
// signs with its key. It can be told to fail.
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
  knowsRanges = true
  /** What was asked for, `GET name 5-10`. */
  readonly asked: string[] = []
  private readonly server: Server
  private port = 0

  private constructor() {
    this.server = createServer((request, response) => this.answer(request, response))
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

  private answer({ method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
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
    else if (object === undefined) refuse(response, 404, 'NoSuchKey')
    else give(response, object, { isHead: method === 'HEAD', isCut: failure === 'cut' }, headers['if-match'], range)
  }
}

interface Manner {
  readonly isHead: boolean
  readonly isCut: boolean
}

function give(
  response: ServerResponse,
  object: Uint8Array,
  { isHead, isCut }: Manner,
  wanted: string | undefined,
  range: readonly [number, number] | null,
): void {
  const { length } = object
  const etag = `"${createHash('md5').update(object).digest('hex')}"`
  const [start, end] = range === null ? [0, length] : [range[0], Math.min(range[1], length)]
  const known = { etag, 'content-length': end - start }
  if ((wanted ?? etag) !== etag) refuse(response, 412, 'PreconditionFailed')
  else if (range !== null && start >= length) refuse(response, 416, 'InvalidRange')
  else {
    if (range === null) response.writeHead(200, known)
    else response.writeHead(206, { ...known, 'content-range': `bytes ${start}-${end - 1}/${length}` })
    const part = object.subarray(start, isCut ? start + Math.ceil((end - start) / 2) : end)
    if (isHead) response.end()
    else if (isCut) response.write(part, () => setImmediate(() => response.destroy()))
    else response.end(part)
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code} it is</Message></Error>`,
  )
}
