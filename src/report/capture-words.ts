// What is said about captures as a whole: what could not be read or seen of them. For terminals, and for the page.
import { describeCaptureProblem } from '../errors.ts'
import type { Analysis } from '../rules/analysis.ts'
import type { LimitCode } from '../smtp/records.ts'
import { terminal } from './escape.ts'
import { counted, decimal, LIMIT_WORDS } from './format-text.ts'

/** A sentence for each capture that was not read to its end, or that lacks packets by its own account. */
export function captureSentences({ captures }: Pick<Analysis, 'captures'>): string[] {
  return captures.flatMap(({ path, error, packets, droppedByCapture }) => {
    if (error === null) {
      if (!droppedByCapture) return []
      const lost = `the capture reports ${counted(droppedByCapture, 'dropped packet')}`
      return [`${terminal(path)}: ${lost}; gaps are never counted as faults.`]
    }
    const consequence =
      packets === 0 ? '' : `; ${counted(packets, 'packet')} could be read and ${packets === 1 ? 'is' : 'are'} judged`
    return [`${terminal(path)}: ${terminal(describeCaptureProblem(error))}${consequence}.`]
  })
}

/** `snaplen: packets were cut by the snapshot length (3 sessions)`. */
export function limitSentences({ summary }: Pick<Analysis, 'summary'>): string[] {
  return Object.entries(summary.limits).map(
    ([code, sessions]) => `${code}: ${LIMIT_WORDS[code as LimitCode]} (${counted(sessions, 'session')})`,
  )
}

export function packetsRead({ packets }: Analysis['summary']): string {
  const undecodable = packets.undecodable === 0 ? '' : `, ${decimal(packets.undecodable)} not decodable`
  const { badChecksums } = packets
  const passed = badChecksums ? `, ${decimal(badChecksums)} dropped because of a wrong checksum` : ''
  return `${counted(packets.read, 'packet')} read${undecodable}${passed}.`
}

/** `25 packets read. Link types: ETHERNET.` */
export function packetsAndLinks({ captures, summary }: Pick<Analysis, 'captures' | 'summary'>): string {
  const links = [...new Set(captures.flatMap(({ linkTypes }) => linkTypes))]
  return `${packetsRead(summary)}${links.length === 0 ? '' : ` Link types: ${links.join(', ')}.`}`
}
