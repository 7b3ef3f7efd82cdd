// Writes located packets to a capture file and reads it back. Classic pcap with microseconds is read by pcap-parser;
// for pcapng and nanoseconds a classic copy with the same packets is written and read instead.
import { type AtomicFile, openAtomicFile } from '../capture/atomic-file.ts'
import { FrameList, verifyByPeer, verifyByReader } from '../capture/verify.ts'
import { type CaptureWriter, pcapngWriter, pcapWriter, type WrittenPacket } from '../capture/write.ts'
import { DeliveryError } from '../errors.ts'

export type EvidenceFormat = 'pcap' | 'pcapng'

interface DraftPlan {
  readonly format: EvidenceFormat
  /** Some times have nanoseconds. */
  readonly nanoseconds: boolean
  /** Unused paths for the file and its classic copy. */
  readonly path: string
  readonly twin: string
  readonly application: string
  /** The comment of the file, if its format has one. */
  readonly comment: string
  /** TLS secrets that go into the file; empty for none. */
  readonly keyLog: string
  readonly interfaces: readonly { readonly linkType: number; readonly description: string }[]
}

/** Writes the packets that `fill` supplies, and reads them back. Throws DeliveryError when the result differs. */
export async function makeDraft(
  plan: DraftPlan,
  fill: (write: (packet: WrittenPacket) => Promise<void>) => Promise<void>,
): Promise<number> {
  const meant = new FrameList()
  const plain = plan.format === 'pcap' && !plan.nanoseconds
  const twin = plain ? plan.path : plan.twin
  const files: (readonly [AtomicFile, CaptureWriter])[] = [[await openAtomicFile(plan.path), writerOf(plan)]]
  if (!plain) files.push([await openAtomicFile(twin), pcapWriter(plan.interfaces[0]?.linkType ?? 0, 'microseconds')])
  try {
    for (const [file, { head }] of files) await file.write(head)
    await fill(async (packet) => {
      if (!plan.interfaces.some(({ linkType }) => linkType === packet.linkType))
        throw new DeliveryError(
          'a redacted packet lost its link header, and classic pcap stores only one link type: leave out --pcap',
        )
      meant.add(packet)
      for (const [file, each] of files) await file.write(each.record(packet))
    })
  } finally {
    for (const [file] of files) await file.close()
  }
  const wrong = (await verifyByPeer(twin, meant)) ?? (await verifyByReader(plan.path, meant))
  if (wrong !== null) throw new DeliveryError(`reading the written evidence back failed: ${wrong}`)
  return meant.length
}

function writerOf({ format, nanoseconds, interfaces, application, comment, keyLog }: DraftPlan): CaptureWriter {
  if (format === 'pcap') return pcapWriter(interfaces[0]?.linkType ?? 0, nanoseconds ? 'nanoseconds' : 'microseconds')
  return pcapngWriter({ application, comment, keyLog }, interfaces)
}
