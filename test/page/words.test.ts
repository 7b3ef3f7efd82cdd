// The address of a view, and the filter.
import { describe, expect, test } from 'vitest'
import { matcher } from '../../src/page/filter.ts'
import { linkTo, type Route, routeOf } from '../../src/page/route.ts'

describe('routes', () => {
  const ROUTES: readonly (readonly [string, Route])[] = [
    ['#overview', { view: 'overview', id: '', filter: '' }],
    ['#session=s17', { view: 'session', id: 's17', filter: '' }],
    ['#server=[2001:db8::1]:25', { view: 'server', id: '[2001:db8::1]:25', filter: '' }],
    ['#rule=input-lost', { view: 'rule', id: 'input-lost', filter: '' }],
    ['#sessions&filter=a%26b%20%2Bc', { view: 'sessions', id: '', filter: 'a&b +c' }],
    ['#server=192.0.2.1:25&filter=suspected', { view: 'server', id: '192.0.2.1:25', filter: 'suspected' }],
  ]
  test.each(ROUTES)('%s', (hash, route) => {
    expect(routeOf(hash)).toEqual(route)
    expect(linkTo(route)).toBe(hash)
  })

  test.each(['', '#', '#nothing', '#session='])('"%s" is the overview', (hash) => {
    expect(routeOf(hash).view).toBe('overview')
  })
})

describe('the filter', () => {
  test.each([
    ['', 'anything', true],
    ['MX lost', 'input-lost at mx.example.net', true],
    ['mx found', 'input-lost at mx.example.net', false],
    ['mx -lost', 'input-lost at mx.example.net', false],
    ['mx -', 'input-lost at mx.example.net', true],
  ])('"%s" and "%s": %s', (filter, text, matches) => {
    expect(matcher(filter)(text)).toBe(matches)
  })
})
