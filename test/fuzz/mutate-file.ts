// A capture file -> the same with something broken in its bytes, its records or its blocks.
import { gzipSync } from 'node:zlib'
import type { Dice } from './dice.ts'

type Mutator = (file: Buffer, dice: Dice, other: Buffer) => Buffer

const flip: Mutator = (file, dice) => {
  for (let n = 1 + dice.below(20); n > 0; n--) file[dice.below(file.length)] = dice.below(256)
  return file
}

/** Writes a number that sits where lengths break, wherever a length may be. */
const odd: Mutator = (file, dice) => {
  for (let n = 1 + dice.below(4); n > 0; n--) {
    const at = Math.min(file.length - 4, dice.below(2) * dice.below(file.length) + dice.below(64) * 4)
    if (at >= 0) file.writeUInt32LE(dice.once(3) ? dice.below(0x100000) : dice.odd(), at)
  }
  return file
}

const truncate: Mutator = (file, dice) => file.subarray(0, dice.below(file.length + 1))

const cut: Mutator = (file, dice) => {
  const at = dice.below(file.length)
  return Buffer.concat([file.subarray(0, at), file.subarray(at + dice.below(200))])
}

const insert: Mutator = (file, dice) => {
  const at = dice.below(file.length)
  const what = Buffer.alloc(1 + dice.below(100), dice.below(256))
  return Buffer.concat([file.subarray(0, at), what, file.subarray(at)])
}

const double: Mutator = (file, dice) => {
  const at = dice.below(file.length)
  const end = Math.min(file.length, at + dice.below(4000))
  return Buffer.concat([file.subarray(0, end), file.subarray(at)])
}

const splice: Mutator = (file, dice, other) =>
  Buffer.concat([file.subarray(0, dice.below(file.length)), other.subarray(dice.below(other.length))])

/** Reorders, repeats, removes and relabels records or blocks as a whole. */
const records: Mutator = (file, dice) => {
  const { head, list } = recordsOf(file)
  for (let n = 1 + dice.below(4); n > 0 && list.length > 0; n--) {
    const at = dice.below(list.length)
    const record = Buffer.from(list[at] as Buffer)
    const to = dice.below(list.length)
    switch (dice.below(4)) {
      case 0:
        list.splice(at, 1)
        break
      case 1:
        list.splice(to, 0, record)
        break
      case 2:
        list[at] = list[to] as Buffer
        list[to] = record
        break
      default:
        // The fixed fields of records and blocks are words at the front.
        if (record.length >= 32) record.writeUInt32LE(dice.odd(), 4 * dice.below(8))
        list[at] = record
    }
  }
  return Buffer.concat([head, ...list])
}

const compress: Mutator = (file, dice) => {
  const packed = gzipSync(file)
  return dice.once(2) ? packed : flip(packed, dice, file)
}

const MUTATORS: readonly Mutator[] = [flip, flip, odd, odd, truncate, cut, insert, double, splice, records, records]

export function mutateFile(file: Uint8Array, other: Uint8Array, dice: Dice): Uint8Array {
  let bytes: Buffer = Buffer.from(file)
  for (let n = 1 + dice.below(3); n > 0 && bytes.length > 0; n--) {
    bytes = dice.pick(MUTATORS)(bytes, dice, Buffer.from(other))
  }
  return dice.once(30) ? compress(bytes, dice, bytes) : bytes
}

/** Little-endian only: files of the other order are mutated as bytes. */
function recordsOf(file: Buffer): { head: Buffer; list: Buffer[] } {
  const isPcapng = file.length >= 4 && file.readUInt32LE(0) === 0x0a0d0d0a
  const head = file.subarray(0, isPcapng ? 0 : 24)
  const list: Buffer[] = []
  for (let at = head.length; at + 16 <= file.length && list.length < 2000; ) {
    const length = isPcapng ? file.readUInt32LE(at + 4) : 16 + file.readUInt32LE(at + 8)
    if (length < 12 || at + length > file.length) break
    list.push(file.subarray(at, at + length))
    at += length
  }
  return { head, list }
}
