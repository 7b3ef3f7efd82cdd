// Which blocks of the program an input reaches, as V8 counts them: what an input is worth to the corpus.

import type { Profiler } from 'node:inspector'
import { Session } from 'node:inspector'

/** Only the program's own files. */
const OWN = /\/src\/(.*)\.js$/

export class Coverage {
  private readonly session = new Session()

  constructor() {
    this.session.connect()
    this.session.post('Profiler.enable')
    this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Hashes of the blocks that ran since the last call. */
  take(): Int32Array {
    const blocks = new Set<number>()
    // The answer comes before `post` returns.
    this.session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error
      for (const script of answer.result) addBlocks(script, blocks)
    })
    return Int32Array.from(blocks)
  }
}

function addBlocks({ url, functions }: Profiler.ScriptCoverage, blocks: Set<number>): void {
  const [, file] = OWN.exec(url) ?? []
  if (file === undefined) return
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      if (count > 0) blocks.add(hashOf(`${file} ${startOffset} ${endOffset}`))
    }
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
