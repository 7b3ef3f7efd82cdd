// What the host has set for the analysis.

import { PORTS } from './memory'

/** Count command sequences. */
export let wantsSequences: bool = false
/** Only the number of ordinary sessions is wanted. */
export let onlySums: bool = false
/** Ask the host for each new connection whether its dialogue is wanted. */
export let asksForDialogues: bool = false
/** Tell the host of each connection that opens: a slice is read. */
export let tellsOpenings: bool = false
/** Let the host read the packets of each session that ends, for its fingerprint. */
export let tellsPackets: bool = false
/** Connections without payload that the engine follows. */
export let silentElsewhere: u32 = 0
/** The first packet of the one of them that opened first; infinite when there is none. */
export let silentElsewhereSince: f64 = Infinity
/** From this time or packet on, something that the engine follows or remembers may be over. */
export let engineDueNs: f64 = -Infinity
export let engineDueFrame: f64 = 0
/** Only connections whose place is in this part of PLACES_OF_SHARES are followed. */
export let shareFrom: u32 = 0
export let shareLength: u32 = 0x10000
/** As in tcp/share.ts. */
export const PLACES_OF_SHARES: u32 = 0x10000
/** Connections with payload that may be open at once. */
export let spokenMax: u32 = 0
/** Open sessions that the engine follows. */
export let sessionsElsewhere: u32 = 0

/** Fewer would cost more than they save: most connections are over by then. */
export const CHECKPOINT_EVERY: u32 = 32
/** So many packets of a connection are kept before a checkpoint is made. */
export let checkpointEvery: u32 = CHECKPOINT_EVERY

/** Mask: every so many packets the engine ends what is over. As EXPIRE_EVERY of flow-tracker.ts. */
export const EXPIRE_EVERY: i64 = 63

export function set(sequences: bool, dialogues: bool, openings: bool, packets: bool): void {
  wantsSequences = sequences
  onlySums = false
  tellsOpenings = openings
  tellsPackets = packets
  asksForDialogues = dialogues
}

export function setCheckpointEvery(packets: u32): void {
  checkpointEvery = packets
}

export function setOnlySums(only: bool): void {
  onlySums = only
}

export function setSilentElsewhere(count: u32, since: f64): void {
  silentElsewhere = count
  silentElsewhereSince = since
}

export function setEngineDue(timeNs: f64, frame: f64): void {
  engineDueNs = timeNs
  engineDueFrame = frame
}

export function setSpokenMax(count: u32): void {
  spokenMax = count
}

export function setSessionsElsewhere(count: u32): void {
  sessionsElsewhere = count
}

export function setShare(from: u32, to: u32): void {
  shareFrom = from
  shareLength = to - from
}

/** Whether SMTP is spoken on a port. */
export function isWanted(port: u32): bool {
  return (load<u8>(PORTS + (port >> 3)) & (1 << (port & 7))) != 0
}
