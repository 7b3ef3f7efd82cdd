// The screen that is drawn anew in place: what it writes to the terminal.
import { expect, test } from 'vitest'
import type { CliContext } from '../../src/cli/cli-context.ts'
import { LiveScreen } from '../../src/cli/live-screen.ts'

test('each line is erased as it is written, and what is left below at last', async () => {
  let written = ''
  const print = async (text: string | Uint8Array) => {
    written += String(text)
  }
  const screen = new LiveScreen({ print } as unknown as CliContext, () => ({ width: 40, height: 10 }))
  screen.draw(() => ['one', 'two', 'three'])
  expect(written).toBe('\x1b[2Kone\n\x1b[2Ktwo\n\x1b[2Kthree\n\x1b[J')
  written = ''
  screen.draw(() => ['four'])
  // A terminal may keep in its history what is erased from its first line on.
  expect(written).toBe('\x1b[3A\r\x1b[2Kfour\n\x1b[J')
  written = ''
  screen.erase()
  screen.erase()
  expect(written).toBe('\x1b[1A\r\x1b[J')
})
