// Evidence of a capture, made in a folder of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Evidence, type EvidenceOptions, makeEvidence } from '../../src/evidence/make-evidence.ts'

export async function withEvidence<T>(
  path: string,
  options: Partial<EvidenceOptions>,
  use: (evidence: string, made: Evidence) => T | Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
  try {
    const evidence = join(folder, 'evidence')
    const made = await makeEvidence([{ path, name: 'original.pcap' }], {
      ...{ select: {}, findings: null, format: 'pcapng', version: '1.0.0', redaction: null },
      ...{ path: evidence, twin: join(folder, 'twin') },
      ...options,
    })
    return await use(evidence, made)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
