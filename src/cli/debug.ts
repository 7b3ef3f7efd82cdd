// PIPELINT_DEBUG=rules,pairing,tcp: prints the decisions about the session that --session names, one per line.
import { decisions, TOPICS, type Topic } from '../decisions.ts'
import { UsageError } from '../errors.ts'
import { terminal } from '../report/escape.ts'

/** `words`: the arguments of the command line. Throws UsageError. Returns a function that ends the output. */
export function followDecisions(
  words: readonly string[],
  { PIPELINT_DEBUG: asked = '' }: NodeJS.ProcessEnv,
  print: (line: string) => void,
): () => void {
  const topics = asked.split(',').filter((topic) => topic !== '')
  if (topics.length === 0) return () => {}
  const unknown = topics.find((topic) => !isTopic(topic))
  if (unknown !== undefined)
    throw new UsageError(`PIPELINT_DEBUG=${unknown}: unknown topic; topics are ${TOPICS.join(', ')}`)
  if (words.includes('--redact'))
    throw new UsageError('PIPELINT_DEBUG: cannot be combined with --redact, because decisions quote the capture')
  const named = words.map((word, i) => /^--session=(.*)$/.exec(word)?.[1] ?? (word === '--session' && words[i + 1]))
  const [session, ...others] = named.filter((word) => typeof word === 'string')
  if (session === undefined || others.length > 0 || !/^s\d+$/.test(session)) {
    throw new UsageError('PIPELINT_DEBUG: needs one session, as in --session s17')
  }
  for (const topic of topics.filter(isTopic)) {
    decisions[topic] = (of, frame, decision) => {
      if (session === `s${of}`) print(`${topic}: frame ${frame}: ${terminal(decision)}`)
    }
  }
  return () => {
    for (const topic of TOPICS) decisions[topic] = null
  }
}

/** Whether decisions are printed; then only one thread reads. */
export function areFollowed(): boolean {
  return TOPICS.some((topic) => decisions[topic] !== null)
}

function isTopic(word: string): word is Topic {
  return TOPICS.some((topic) => topic === word)
}
