// The endpoints of a connection as ten integers, side 0 first. Addresses are in network byte order.
//
//   ports 1 | octets of an address 1 | address of side 0: 4 | address of side 1: 4
import { type CachedAddress, cachedAddress } from '../decode/address.ts'
import type { Side } from './chunk.ts'

export const ENDS = 10
export const LENGTH = 1
export const FIRST = 2
export const SECOND = 6

/** A copy of the endpoints. Address objects are looked up on demand, because most are never needed. */
export class EndpointPair {
  private readonly ports: number
  private readonly length: number
  private readonly a: number
  private readonly b: number
  private readonly c: number
  private readonly d: number
  private readonly e: number
  private readonly f: number
  private readonly g: number
  private readonly h: number

  constructor(numbers: Int32Array, at: number) {
    this.ports = numbers[at] as number
    this.length = numbers[at + LENGTH] as number
    this.a = numbers[at + FIRST] as number
    this.b = numbers[at + FIRST + 1] as number
    this.c = numbers[at + FIRST + 2] as number
    this.d = numbers[at + FIRST + 3] as number
    this.e = numbers[at + SECOND] as number
    this.f = numbers[at + SECOND + 1] as number
    this.g = numbers[at + SECOND + 2] as number
    this.h = numbers[at + SECOND + 3] as number
  }

  host(side: Side): CachedAddress {
    return side === 0
      ? cachedAddress(this.length, this.a, this.b, this.c, this.d)
      : cachedAddress(this.length, this.e, this.f, this.g, this.h)
  }

  port(side: Side): number {
    return side === 0 ? this.ports >>> 16 : this.ports & 0xffff
  }

  /** `192.0.2.1:25`, `[2001:db8::1]:25`. */
  name(side: Side): string {
    return this.host(side).at(this.port(side))
  }
}

export const NO_ENDS = new EndpointPair(new Int32Array(ENDS), 0)
