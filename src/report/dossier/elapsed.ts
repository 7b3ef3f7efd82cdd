// Nanoseconds since the first packet of a connection -> seconds, as every capture tool prints them.

/** `0.251000`: down to the microsecond, which is what most captures know. */
export function elapsed(timeNs: number): string {
  const micros = Math.floor(timeNs / 1000)
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`
}
