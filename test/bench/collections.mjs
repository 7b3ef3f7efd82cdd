// Reader to chunks over a million in-order packets: how many garbage collections? Warmed up on the same code, so that
// what is counted is the steady state and not the compiler.

import { PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { CaptureReader } from '../../dist/capture/reader.js'
import { SegmentDecoder } from '../../dist/decode/decode.js'
import { FlowTracker } from '../../dist/tcp/flow-tracker.js'

const PACKETS = 1_000_000
const PAYLOAD = 64

/** One connection whose client sends without end; each packet is made in place of the one before. */
function source(packets) {
  const record = Buffer.alloc(16 + 54 + PAYLOAD)
  record.writeUInt32LE(1_700_000_000, 0)
  record.writeUInt32LE(54 + PAYLOAD, 8)
  record.writeUInt32LE(54 + PAYLOAD, 12)
  record.writeUInt16BE(0x0800, 16 + 12)
  record[30] = 0x45
  record.writeUInt16BE(40 + PAYLOAD, 32)
  record[38] = 64
  record[39] = 6
  record.writeUInt32BE(0xc0000201, 42)
  record.writeUInt32BE(0xcb007119, 46)
  record.writeUInt16BE(40_000, 50)
  record.writeUInt16BE(25, 52)
  record[62] = 0x50
  record[63] = 0x18
  record.writeUInt16BE(64_240, 64)
  record.fill(0x61, 70)
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(262_144, 16)
  header.writeUInt32LE(1, 20)
  let sent = -1
  return {
    name: 'packets in order',
    async read(into) {
      let at = 0
      if (sent < 0) {
        header.copy(into)
        at = header.length
        sent = 0
      }
      for (; sent < packets && at + record.length <= into.length; sent++, at += record.length) {
        record.writeUInt32LE(sent % 1_000_000, 4)
        record.writeUInt32BE((sent * PAYLOAD) >>> 0, 54)
        record.copy(into, at)
      }
      return at
    },
    async close() {},
  }
}

async function run(packets) {
  let chunks = 0
  const decoder = new SegmentDecoder()
  const streams = new FlowTracker(() => ({
    chunk() {
      chunks++
      return true
    },
    end: () => true,
  }))
  const reader = await CaptureReader.open(source(packets))
  do {
    while (reader.next()) if (decoder.decode(reader.packet) === 0) streams.segment(decoder.segment)
  } while (await reader.refill())
  streams.finish()
  return chunks
}

setFlagsFromString('--expose-gc')
await run(PACKETS)
globalThis.gc?.()
let collections = 0
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length
})
observer.observe({ entryTypes: ['gc'] })
await new Promise((resolve) => setTimeout(resolve, 50))
collections = 0
const chunks = await run(PACKETS)
await new Promise((resolve) => setTimeout(resolve, 50))
observer.disconnect()
console.log(JSON.stringify({ packets: PACKETS, chunks, collections }))
