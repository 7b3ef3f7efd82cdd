// What stops a reading besides an AbortSignal.
import { expect, test } from 'vitest'
import { StopController, type StopSignal } from '../src/stop-signal.ts'

test('an AbortSignal is one', () => {
  const controller = new AbortController()
  const signal: StopSignal = controller.signal
  let calls = 0
  signal.addEventListener('abort', () => calls++)
  controller.abort()
  controller.abort()
  expect([signal.aborted, calls]).toEqual([true, 1])
})

test('its listeners are called once, but for those that were removed', () => {
  const controller = new StopController()
  const called: string[] = []
  const removed = () => called.push('removed')
  controller.addEventListener('abort', removed)
  controller.addEventListener('abort', () => {
    called.push(`aborted ${controller.aborted}`)
    // As the end of a reading does.
    controller.removeEventListener('abort', last)
  })
  const last = () => called.push('last')
  controller.addEventListener('abort', last)
  controller.removeEventListener('abort', removed)
  expect(controller.aborted).toBe(false)
  controller.abort()
  controller.abort()
  expect(called).toEqual(['aborted true'])
})
