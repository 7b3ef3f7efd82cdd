// An object of a web server, by byte range (RFC 9110 section 14). Octets come as they are stored: nothing is decoded on the
// way, and nobody is followed elsewhere.
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type Answer, editionOf, type Seen, type StoredObject, StoreError } from './objects.ts'

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

/** Null where the object ends in front of the range. */
function answerIn(response: IncomingMessage, from: number): Answer | StoreError | null {
  const { statusCode, headers } = response
  const { 'content-range': range = '' } = headers
  switch (statusCode) {
    case 206: {
      const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(range) ?? []
      if (Number(start) !== from) return new StoreError(`the server answers with another range: "${range}"`, true)
      return { ...seen(response, Number(size)), octets: response }
    }
    case 200:
      if (from > 0) return new StoreError('the server knows no byte ranges', true)
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
  throw new StoreError('the server does not say how large it is', true)
}

function refusal({ statusCode = 0, statusMessage = '' }: IncomingMessage): StoreError {
  if (statusCode >= 300 && statusCode < 400) return new StoreError(`it lies elsewhere now: ${statusCode}`, true)
  const isBusy = statusCode >= 500 || statusCode === 408 || statusCode === 429
  return new StoreError(`${statusCode} ${statusMessage}`.trim(), !isBusy)
}
