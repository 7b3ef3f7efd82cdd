// The name that a server gives itself -> the service that it may belong to: servers of one service are shown beside each
// other. It rests on names alone, which whoever uses it must say.

/** Second-level labels under a country below which anybody registers: `co.uk`, `com.au`. */
const COUNTRY = /^[a-z]{2}$/
const REGISTRY = /^(?:[a-z]{2,3}|asso|gouv|info|name)$/

/** `bigfish.com` for `DB3EHSMHS006.bigfish.com`; null where the name tells nothing. */
export function serviceOf(name: string | null): string | null {
  const [, ...parent] = (name ?? '').toLowerCase().replace(/\.$/, '').split('.')
  if (parent.length < 2 || parent.some((label) => !/^[a-z0-9-]+$/.test(label))) return null
  const [second = '', top = ''] = parent.slice(-2)
  if (/^\d+$/.test(top)) return null
  return parent.length === 2 && COUNTRY.test(top) && REGISTRY.test(second) ? null : parent.join('.')
}
