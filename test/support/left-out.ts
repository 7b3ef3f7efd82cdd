// What the tests of a file leave out, counted as they leave it out.
import type { LeftOut } from './scope.ts'

let variants = 0
let peers = new Set<string>()

export function leaveOutVariants(count: number): void {
  variants += count
}

export function leaveOutPeer(name: string): void {
  peers.add(name)
}

/** What was left out since this was last asked for. */
export function takeLeftOut(): LeftOut {
  const taken = { variants, peers: [...peers] }
  variants = 0
  peers = new Set()
  return taken
}
