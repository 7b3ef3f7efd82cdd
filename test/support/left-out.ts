// What the tests of a file leave out, counted as they leave it out.
import type { LeftOut } from './scope.ts'

let current: { variants: number; peers: string[] } = { variants: 0, peers: [] }

/** Of the file that begins: it grows as its tests run. */
export function leftOutOf(): LeftOut {
  current = { variants: 0, peers: [] }
  return current
}

export function leaveOutVariants(count: number): void {
  current.variants += count
}

export function leaveOutPeer(name: string): void {
  current.peers.push(name)
}
