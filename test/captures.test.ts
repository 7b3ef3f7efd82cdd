// Captures of real servers and clients: every session's counts, verdict, limits and findings, as they are known to be.
import { readdirSync } from 'node:fs'
import { describe, test } from 'vitest'
import { analyze } from '../src/analyze.ts'
import { describeCaptureProblem } from '../src/errors.ts'
import { expectGolden } from './support/golden.ts'

const folder = new URL('captures/', import.meta.url)

describe('captures', () => {
  for (const name of readdirSync(folder).filter((file) => /\.pcap(?:ng)?$/.test(file))) {
    test(name, async () => {
      const { captures, sessions, findings } = await analyze([new URL(name, folder).pathname])
      const lines = captures.flatMap(({ error }) =>
        error === null ? [] : [`not read to its end: ${describeCaptureProblem(error)}`],
      )
      for (const session of sessions) {
        const { commands, replies, unanswered, messages, closedBy, verdict } = session
        const counts = `${commands} commands, ${replies} replies, ${unanswered} unanswered, ${messages} messages, ${closedBy}`
        lines.push(`${session.id} ${session.client} > ${session.server}: ${verdict}; ${counts}`)
        for (const { code, frame } of session.limits)
          lines.push(`  limit ${code}${frame === null ? '' : ` at frame ${frame}`}`)
        for (const finding of findings.filter((one) => one.session === session.id)) {
          const { severity, rule, certainty, message, frames } = finding
          lines.push(`  ${severity} ${rule} ${certainty}: ${message} (${frames.join(', ')})`)
        }
      }
      expectGolden(new URL(`${name}.expected.txt`, folder).pathname, `${lines.join('\n')}\n`)
    })
  }
})
