// Lines on standard error that name a next step, where there is one.
import { terminal } from '../report/escape.ts'
import { counted } from '../report/format-text.ts'
import type { Analysis } from '../rules/analysis.ts'
import type { CliContext } from './cli-context.ts'

const TCPDUMP = "tcpdump -i any -s 0 -B 65536 -w mail.pcap 'tcp port 25'"

interface Asked {
  /** A key log was given. */
  readonly hasKeys: boolean
}

/** Where TLS hides sessions, and where the capture itself lacks something. */
export function hintAtNext({ summary, captures }: Analysis, { hasKeys }: Asked, around: CliContext): void {
  const { limits } = summary
  const hidden = limits.tls ?? 0
  if (hidden > 0 && !hasKeys)
    around.hint(
      `TLS hides ${counted(hidden, 'session')}; with the secrets that SSLKEYLOGFILE collects they can be judged: --keylog FILE`,
    )
  const isCut = (limits.snaplen ?? 0) > 0
  const isLossy =
    (limits['gap-client'] ?? 0) + (limits['gap-server'] ?? 0) > 0 || captures.some((one) => lost(one.droppedByCapture))
  if (isCut || isLossy)
    around.hint(`${isCut ? 'packets were cut short' : 'packets are missing'}; this captures them whole: ${TCPDUMP}`)
}

const lost = (count: number | null) => count !== null && count > 0

/** Two captures from both sides of a box: judging them separately does not show where between them data was lost. */
export function hintAtCompare(sides: readonly [before: string, behind: string] | null, around: CliContext): void {
  if (sides === null) return
  const names = sides.map((path) => terminal(path)).join(' ')
  around.hint(
    `these captures look like the two sides of one box: pipelint compare ${names} shows what was lost between them`,
  )
}
