// Captures written by hand for the tests of the reader, in either byte order.

export interface WrittenPacket {
  readonly seconds: number
  /** Microseconds or nanoseconds, as the file counts. */
  readonly fraction: number
  readonly bytes: Uint8Array
  readonly wireLength?: number
}

export interface PcapOptions {
  readonly littleEndian?: boolean
  readonly nanoseconds?: boolean
  readonly linkType?: number
  readonly snapshotLength?: number
  readonly version?: readonly [number, number]
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** `layout`: 1, 2 or 4 bytes per number, as `4 4 2`. */
export function numbers(littleEndian: boolean, layout: string, ...values: readonly number[]): Uint8Array {
  const sizes = layout.split(' ').map(Number)
  const view = new DataView(new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0)))
  let at = 0
  for (const [index, size] of sizes.entries()) {
    const value = values[index] ?? 0
    if (size === 4) view.setUint32(at, value, littleEndian)
    else if (size === 2) view.setUint16(at, value, littleEndian)
    else view.setUint8(at, value)
    at += size
  }
  return new Uint8Array(view.buffer)
}

export function pcapHeader(options: PcapOptions = {}): Uint8Array {
  const { littleEndian = true, nanoseconds = false, linkType = 1, snapshotLength = 262144, version = [2, 4] } = options
  const magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4
  return numbers(littleEndian, '4 2 2 4 4 4 4', magic, version[0], version[1], 0, 0, snapshotLength, linkType)
}

export function pcapRecord(packet: WrittenPacket, littleEndian = true): Uint8Array {
  const { seconds, fraction, bytes, wireLength = bytes.length } = packet
  return concat([numbers(littleEndian, '4 4 4 4', seconds, fraction, bytes.length, wireLength), bytes])
}

export function pcap(packets: readonly WrittenPacket[], options: PcapOptions = {}): Uint8Array {
  return concat([pcapHeader(options), ...packets.map((packet) => pcapRecord(packet, options.littleEndian ?? true))])
}

/** Writes the blocks of one pcapng section. */
export class SectionWriter {
  readonly blocks: Uint8Array[] = []
  readonly littleEndian: boolean

  constructor(littleEndian = true, major = 1, minor = 0) {
    this.littleEndian = littleEndian
    this.block(0x0a0d0d0a, numbers(littleEndian, '4 2 2 4 4', 0x1a2b3c4d, major, minor, 0xffffffff, 0xffffffff))
  }

  bytes(): Uint8Array {
    return concat(this.blocks)
  }

  block(type: number, body: Uint8Array): this {
    const padded = (body.length + 3) & ~3
    const total = padded + 12
    const padding = new Uint8Array(padded - body.length)
    this.blocks.push(concat([this.numbers('4 4', type, total), body, padding, this.numbers('4', total)]))
    return this
  }

  option(code: number, value: Uint8Array): Uint8Array {
    const padding = new Uint8Array(((value.length + 3) & ~3) - value.length)
    return concat([this.numbers('2 2', code, value.length), value, padding])
  }

  interface(linkType = 1, snapshotLength = 0, ...options: readonly Uint8Array[]): this {
    return this.block(1, concat([this.numbers('2 2 4', linkType, 0, snapshotLength), ...options]))
  }

  /** `resolution` as in if_tsresol. */
  interfaceWithResolution(resolution: number, ...options: readonly Uint8Array[]): this {
    return this.interface(
      1,
      0,
      this.option(9, Uint8Array.of(resolution)),
      ...options,
      this.option(0, new Uint8Array(0)),
    )
  }

  /** The 64-bit value in the byte order of the section. */
  wide(value: bigint): Uint8Array {
    const halves = [Number((value >> 32n) & 0xffffffffn), Number(value & 0xffffffffn)]
    return this.numbers('4 4', ...(this.littleEndian ? halves.reverse() : halves))
  }

  enhanced(
    interfaceIndex: number,
    ticks: bigint,
    bytes: Uint8Array,
    wireLength = bytes.length,
    ...options: readonly Uint8Array[]
  ): this {
    const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffffffffn)]
    const padding = new Uint8Array(((bytes.length + 3) & ~3) - bytes.length)
    const header = this.numbers('4 4 4 4 4', interfaceIndex, high, low, bytes.length, wireLength)
    return this.block(6, concat([header, bytes, padding, ...options]))
  }

  older(interfaceIndex: number, ticks: bigint, bytes: Uint8Array, wireLength = bytes.length, drops = 0): this {
    const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffffffffn)]
    return this.block(
      2,
      concat([this.numbers('2 2 4 4 4 4', interfaceIndex, drops, high, low, bytes.length, wireLength), bytes]),
    )
  }

  simple(bytes: Uint8Array, wireLength = bytes.length): this {
    return this.block(3, concat([this.numbers('4', wireLength), bytes]))
  }

  statistics(interfaceIndex: number, dropped: bigint): this {
    const option = this.option(5, this.wide(dropped))
    return this.block(
      5,
      concat([this.numbers('4 4 4', interfaceIndex, 0, 0), option, this.option(0, new Uint8Array(0))]),
    )
  }

  private numbers(layout: string, ...values: readonly number[]): Uint8Array {
    return numbers(this.littleEndian, layout, ...values)
  }
}
