// Connections to Redis or Valkey by URL, and error messages of one line about them. The password is only in the URL; no
// message contains it.
import { Redis } from 'ioredis'
import { DeliveryError, UsageError } from '../errors.ts'

/** How long a command waits for a connection before it fails. */
const CONNECT_MS = 5000
/** The longest pause between two attempts to reconnect. */
const AGAIN_MS_MAX = 2000

/** Throws UsageError for an invalid Redis URL. */
export function toRedisUrl(word: string): URL {
  const url = URL.canParse(word) ? new URL(word) : null
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:'
  if (url !== null && isRedis && url.hostname !== '' && /^(?:\/\d*)?$/.test(url.pathname)) return url
  throw new UsageError('--redis: must be redis://[user:password@]host[:port][/number], or rediss:// for TLS')
}

/** The client's error messages when there is no connection. */
const NO_CONNECTION = /^\s*$|Connection is closed|Stream isn't writeable/

/** The URL without user and password. */
function nameOfRedis({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`
}

/**
 * Connects, and reconnects when the connection is lost later. With `lasting`, commands wait for the new connection,
 * else they fail at once. Throws DeliveryError when the first attempt fails.
 */
export async function connect(url: URL, lasting: boolean): Promise<Redis> {
  let isOpen = false
  const redis = new Redis(url.href, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: lasting ? null : 1,
    enableOfflineQueue: lasting,
    retryStrategy: (times) => (isOpen ? Math.min(times * 100, AGAIN_MS_MAX) : null),
  })
  let reason: unknown = null
  redis.on('error', (error) => {
    reason = error
  })
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    redis.disconnect()
    throw redisError(url, reason ?? error)
  }
  isOpen = true
  return redis
}

/** The error for a failed connection or command. */
export function redisError(url: URL, error: unknown): DeliveryError {
  const message = error instanceof Error ? error.message : String(error)
  const why = /WRONGPASS|NOAUTH|invalid username-password|AUTH/.test(message)
    ? 'it refuses the user or the password'
    : NO_CONNECTION.test(message)
      ? 'no connection'
      : message
  return new DeliveryError(`${nameOfRedis(url)}: ${why}`)
}
