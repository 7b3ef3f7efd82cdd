// Where entries are put, and that it takes no time for those that come from elsewhere one after the other.
import { expect, test } from 'vitest'
import { type Linked, LinkedList } from '../../src/tcp/linked-list.ts'
import { Dice } from '../fuzz/dice.ts'

class Entry implements Linked<Entry> {
  readonly key: number
  list: LinkedList<Entry> | null = null
  older: Entry | null = null
  newer: Entry | null = null

  constructor(key: number) {
    this.key = key
  }
}

function keysOf({ first }: LinkedList<Entry>): number[] {
  const keys: number[] = []
  for (let entry = first; entry !== null; entry = entry.newer) keys.push(entry.key)
  return keys
}

test('entries are in order, whichever are added and removed', () => {
  const dice = new Dice(2920)
  const list = new LinkedList<Entry>()
  let entries: Entry[] = []
  for (let n = 0; n < 5000; n++) {
    if (entries.length > 50 && dice.once(2)) {
      const removed = dice.pick(entries)
      list.remove(removed)
      entries = entries.filter((entry) => entry !== removed)
    } else {
      const entry = new Entry(dice.below(1000))
      list.add(entry, ({ key }) => key <= entry.key)
      entries.push(entry)
    }
    expect(keysOf(list)).toEqual(entries.map(({ key }) => key).sort((a, b) => a - b))
    expect(list.size).toBe(entries.length)
  }
})

test('adding many in front of many others is no search through those', () => {
  const list = new LinkedList<Entry>()
  const COUNT = 2000
  for (let n = 0; n < COUNT; n++) list.add(new Entry(COUNT + n))
  let looks = 0
  for (let key = 0; key < COUNT; key++) {
    list.add(new Entry(key), (other) => {
      looks++
      return other.key <= key
    })
  }
  expect(keysOf(list)).toEqual(Array.from({ length: 2 * COUNT }, (_, n) => n))
  expect(looks).toBeLessThan(10 * COUNT)
})
