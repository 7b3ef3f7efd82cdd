// The kernel by itself, fed with random and mutated packets and records in every order of calls: it never traps, writes to
// no place but its own, and names no packet that is not there.
import { beforeAll, describe, expect, inject, test } from 'vitest'
import type { KernelHost } from '../../src/fast-path/kernel.ts'
import { WalkedRecords } from '../../src/fast-path/walked-records.ts'
import { Dice } from '../fuzz/dice.ts'
import { Capture } from './capture.ts'
import { fileOf } from './files.ts'
import { compileGuarded, type GuardedKernel, guardedKernel } from './guarded-kernel.ts'
import { LINKS, linkTypeOf, type Packet, traffic } from './traffic.ts'

const { all, seed } = inject('scope')
const ROUNDS = all ? 400 : 30

const FULL = 1
const DECLINED = 3
const LEFT = 6
const EXPIRES = 7

let compiled: ReturnType<typeof compileGuarded>

beforeAll(() => {
  compiled = compileGuarded()
})

/** Answers by dice; or that everything is ordinary. */
class Answers implements KernelHost {
  readonly hasKeys: KernelHost['hasKeys']
  private readonly dice: Dice

  private readonly isWilling: boolean

  constructor(dice: Dice, isWilling = false) {
    this.dice = dice
    this.isWilling = isWilling
    this.hasKeys = () => dice.once(2)
  }

  readText = () => (this.isWilling ? 3 : this.dice.pick([3, 3, 3, 1, 0]))
  noteOpening = () => {}
  readPackets = () => this.isWilling || !this.dice.once(10)
  wantsDialogue = () => !this.isWilling && this.dice.once(50)
}

/** Packets as they come, and mutated. */
function packetsOf(dice: Dice): { packets: Packet[]; linkType: number } {
  const often = () => dice.pick([0, 3, 30, 300])
  const link = dice.pick(LINKS)
  const weather = { odd: often(), network: often(), close: often(), clock: often(), headers: often() }
  const packets = traffic(dice, { sessions: dice.pick([1, 20, 60]), weather, link, hosts: dice.pick([1, 30]) })
  return { packets, linkType: linkTypeOf(link) }
}

/** Calls the kernel as the host does, and now and then as it does not. */
class Caller {
  readonly kernel: GuardedKernel
  private readonly dice: Dice
  private readonly from: number
  private readonly to: number
  frame = 0
  private seconds = 0

  constructor(kernel: GuardedKernel, dice: Dice) {
    this.kernel = kernel
    this.dice = dice
    const { WINDOWS, WINDOWS_MAX, WINDOW_BYTES } = kernel.exports
    this.from = WINDOWS.value
    this.to = WINDOWS.value + WINDOWS_MAX.value * WINDOW_BYTES.value
  }

  /** Some place in the windows, often at their very end. */
  placeFor(length: number): number {
    const { from, to, dice } = this
    return dice.once(4) ? to - length : from + dice.below(to - from - length)
  }

  take(bytes: Uint8Array, timeNs: number): void {
    const { exports, bytes: memory } = this.kernel
    const at = this.placeFor(bytes.length)
    memory.set(bytes, at)
    this.frame++
    let outcome = exports.take(at, bytes.length, this.frame, timeNs)
    if (outcome === EXPIRES) outcome = exports.take(at, bytes.length, this.frame, timeNs)
    this.answer(outcome)
    // Packets stay where they are until their window is vacated.
    if (this.dice.once(20)) this.vacate(at, bytes.length)
  }

  walk(file: Uint8Array, timeNs: number): void {
    const { exports, bytes: memory } = this.kernel
    const at = this.placeFor(file.length)
    memory.set(file, at)
    const end = at + file.length
    const walked = new WalkedRecords(this.kernel)
    const start = at + 24
    const records = { bytes: memory, start, last: start, frame: this.frame, lastNs: timeNs, seconds: this.seconds }
    for (let left = 3 + file.length / 16; left > 0; left--) {
      const { start, frame, lastNs, seconds } = records
      const until = this.dice.once(3) ? frame + this.dice.below(20) : Number.POSITIVE_INFINITY
      const outcome = exports.walk(start, end, frame, lastNs, seconds, Number.POSITIVE_INFINITY, until)
      walked.advance(records)
      expect(records.start).toBeGreaterThanOrEqual(start)
      expect(records.start).toBeLessThanOrEqual(end)
      this.answer(outcome)
      if (outcome !== EXPIRES && outcome !== FULL && outcome !== DECLINED) break
    }
    this.frame = records.frame + 1
    this.seconds = records.seconds
    this.vacate(at, file.length)
  }

  private answer(outcome: number): void {
    const { exports } = this.kernel
    if (outcome === LEFT || outcome === DECLINED) this.leave(exports.leaving.value)
    if (outcome === FULL || this.dice.once(30)) exports.forgetEnded()
  }

  leave(connection: number): void {
    const { exports, numbers, times } = this.kernel
    let before = 0
    exports.handOver(connection)
    for (let at = exports.nextPacket(); at !== 0; at = exports.nextPacket()) {
      const [offset, length] = [(numbers[at >> 2] as number) >>> 0, numbers[(at >> 2) + 1] as number]
      expect(length).toBeGreaterThan(0)
      expect(offset + length).toBeLessThanOrEqual(this.to)
      const frame = times[(at >> 3) + 2] as number
      expect(frame).toBeGreaterThan(before)
      before = frame
    }
    exports.release(connection)
  }

  vacate(at: number, length: number): void {
    const { exports } = this.kernel
    for (
      let connection = exports.vacate(at, at + length);
      connection !== 0;
      connection = exports.vacate(at, at + length)
    ) {
      this.leave(connection)
    }
  }

  /** What the engine asks for in between. */
  disturb(timeNs: number): void {
    const { kernel, dice, frame } = this
    const { exports, bytes } = kernel
    const isIpv6 = dice.once(3)
    for (let i = 0; i < 40; i++) if (dice.once(3)) bytes[exports.ASKED.value + i] = dice.below(256)
    switch (dice.below(8)) {
      case 0:
        exports.claim(isIpv6)
        break
      case 1:
        exports.unclaim(isIpv6)
        break
      case 2:
        this.answer(exports.takeDecoded(isIpv6, dice.below(256), dice.odd(), dice.below(2000), frame, timeNs))
        break
      case 3:
        exports.passTime(timeNs + dice.pick([0, 1e9, 70e9]), frame + dice.pick([0, 300_000]))
        break
      case 4:
        exports.forgetSilent(dice.below(frame + 1))
        break
      case 5: {
        const ending = exports.firstEndingConnection()
        if (ending !== 0) this.leave(ending)
        break
      }
      case 6:
        for (let row = exports.flowBehind(0); row !== 0; row = exports.flowBehind(row)) exports.describeFlow(row)
        break
      default:
        exports.setSpokenMax(dice.odd())
    }
  }

  leaveAll(): void {
    const { exports } = this.kernel
    for (let connection = exports.openBehind(0); connection !== 0; connection = exports.openBehind(0))
      this.leave(connection)
  }
}

function caller(dice: Dice, isWilling = false): Caller {
  const kernel = guardedKernel(compiled, new Answers(dice, isWilling))
  const { exports, bytes } = kernel
  exports.clear()
  exports.set(dice.once(2), dice.once(4), dice.once(4), dice.once(3))
  bytes.fill(0xff, exports.PORTS.value, exports.PORTS.value + 8192)
  exports.setSpokenMax(1000)
  return new Caller(kernel, dice)
}

describe('the kernel alone', () => {
  test('fits into its memory', () => {
    const kernel = guardedKernel(compiled, new Answers(new Dice(1)))
    expect(kernel.exports.isLaidOut()).toBe(1)
    expect(kernel.bytes.length).toBeGreaterThanOrEqual(kernel.exports.MEMORY_BYTES.value)
    expect(compiled.blocks.length).toBeGreaterThan(10)
    expect(kernel.overrun()).toEqual([])
  })

  test(`takes random packets from seed ${seed}`, () => {
    const dice = new Dice(seed)
    const calls = caller(dice)
    for (let round = 0; round < ROUNDS; round++) {
      const { packets, linkType } = packetsOf(dice)
      calls.kernel.exports.setLinkType(dice.once(10) ? dice.below(300) : linkType)
      for (const { bytes, timeNs } of packets) {
        const mutated = Buffer.from(bytes)
        for (let n = dice.pick([0, 0, 0, 1, 8]); n > 0 && mutated.length > 0; n--)
          mutated[dice.below(mutated.length)] = dice.below(256)
        if (mutated.length > 0) calls.take(mutated, timeNs)
        if (dice.once(20)) calls.disturb(timeNs)
      }
      if (dice.once(2)) calls.leaveAll()
      expect(calls.kernel.overrun(), `round ${round}`).toEqual([])
    }
    calls.leaveAll()
    expect(calls.kernel.exports.openBehind(0)).toBe(0)
    expect(calls.kernel.exports.silentCount.value).toBe(0)
    expect(calls.kernel.exports.spokenCount.value).toBe(0)
  })

  test(`walks random records from seed ${seed}`, () => {
    const dice = new Dice(seed + 1)
    const calls = caller(dice)
    for (let round = 0; round < ROUNDS; round++) {
      const { packets, linkType } = packetsOf(dice)
      const format = dice.pick(['le-us', 'be-us', 'le-ns'] as const)
      calls.kernel.exports.setLinkType(linkType)
      calls.kernel.exports.setFile(
        format === 'be-us',
        format === 'le-ns' ? 1 : 1000,
        format === 'le-ns' ? 1e9 : 1e6,
        262_144,
        0,
        0,
      )
      const file = fileOf(packets, linkType, format)
      for (let n = dice.pick([0, 0, 1, 20, 2000]); n > 0; n--) file[24 + dice.below(file.length - 24)] = dice.below(256)
      calls.walk(file.subarray(0, dice.once(2) ? file.length : 24 + dice.below(file.length - 24)), 0)
      if (dice.once(2)) calls.leaveAll()
      expect(calls.kernel.overrun(), `round ${round}`).toEqual([])
    }
  })

  test('takes payloads of nothing but one byte, of either side', () => {
    const calls = caller(new Dice(seed + 2), true)
    calls.kernel.exports.set(true, false, false, false)
    calls.kernel.exports.setLinkType(1)
    let client = 0
    for (const byte of [0x0a, 0x0d, 0x2e, 0x40, 0x32, 0x00]) {
      for (const length of [1, 63, 64, 65, 1000, 32_768, 65_000, 65_535, 65_536, 100_000]) {
        for (const ending of ['', '\r\n', '\r\n.\r\n']) {
          for (const side of [0, 1] as const) {
            const capture = new Capture().open(++client).hello(client)
            if (byte === 0x2e) {
              capture
                .asks(client, 'MAIL FROM:<a@example.org>', '250 sender ok')
                .asks(client, 'RCPT TO:<b@example.org>', '250 ok')
              capture.asks(client, 'DATA', '354 go on')
            }
            capture.says(client, side, Buffer.concat([Buffer.alloc(length, byte), Buffer.from(ending)]))
            for (const { bytes, timeNs } of capture.packets) calls.take(bytes, timeNs)
            calls.leaveAll()
          }
        }
      }
    }
    expect(calls.kernel.overrun()).toEqual([])
  })

  // As many lines as a payload can have.
  test('takes payloads of nothing but line ends', () => {
    const calls = caller(new Dice(seed + 3), true)
    calls.kernel.exports.setLinkType(1)
    for (const [i, line] of ['\r\n', '\n\r', '\n\n', '\r\n\n'].entries()) {
      for (const side of [0, 1] as const) {
        const capture = new Capture().open(10 * i + side).hello(10 * i + side)
        capture.says(10 * i + side, side, line.repeat(65_535 / line.length))
        for (const { bytes, timeNs } of capture.packets) calls.take(bytes, timeNs)
      }
    }
    expect(calls.kernel.overrun()).toEqual([])
  })
})
