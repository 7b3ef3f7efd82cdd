// What the program prints for the samples, word for word: command, output, complaints, exit code.
import { describe, test } from 'vitest'
import { expectGolden } from '../support/golden.ts'
import { invokeAt } from '../support/invoke.ts'

const FAULT = 'samples/frontbridge.pcap'
const CONTROL = 'samples/exchange-2007.pcap'
const CUT = 'test/cli/files/cut.pcap'
const BEFORE = 'test/cli/files/client-side.pcap'
const BEHIND = 'test/cli/files/server-side.pcap'

const MANY = ['haraka-transactions', 'snapshot-96', 'smtp-sink-closes-on-recipient', 'exim-without-pipelining'].map(
  (name) => `test/captures/${name}.pcap`,
)

/** The name of the golden, and the command line. */
const COMMANDS: Readonly<Record<string, string>> = {
  'check.txt': `check ${FAULT} ${CONTROL}`,
  'check-narrow.txt': `COLUMNS=60 check ${MANY.join(' ')}`,
  'check-wide.txt': `COLUMNS=120 check ${MANY.join(' ')}`,
  'check-cut.txt': `check ${CUT}`,
  'check.junit-cut.txt': `check --format junit ${CUT}`,
  'check-explain.txt': `check --explain --all ${FAULT}`,
  'check.ndjson.txt': `check --format ndjson ${FAULT} ${CONTROL}`,
  'check.csv.txt': `check --format csv ${FAULT} ${CONTROL}`,
  'check.junit.txt': `check --format junit ${FAULT} ${CONTROL}`,
  'compare.txt': `compare ${BEFORE} ${BEHIND}`,
  'compare-narrow.txt': `COLUMNS=60 compare ${BEFORE} ${BEHIND}`,
  'compare-wide.txt': `COLUMNS=120 compare ${BEFORE} ${BEHIND}`,
  'compare-gap.txt': `compare ${BEFORE} test/cli/files/server-side-gap.pcap`,
  'compare-explain.txt': `compare --explain ${BEFORE} ${BEHIND}`,
  'compare-explain-narrow.txt': `COLUMNS=60 compare --explain ${BEFORE} ${BEHIND}`,
  'compare-explain-wide.txt': `COLUMNS=120 compare --explain ${BEFORE} ${BEHIND}`,
  'compare.json.txt': `compare --format json ${BEFORE} ${BEHIND}`,
  'transcript.txt': `transcript --frames ${FAULT}`,
  'transcript-narrow.txt': `COLUMNS=60 transcript ${FAULT}`,
  'transcript-wide.txt': `COLUMNS=120 transcript ${FAULT}`,
  'rules.txt': 'rules',
  'rules-narrow.txt': 'COLUMNS=60 rules',
  'rules-wide.txt': 'COLUMNS=120 rules',
  'rule.txt': 'rules input-lost',
  'rule-narrow.txt': 'COLUMNS=60 rules input-lost',
  'rule-wide.txt': 'COLUMNS=120 rules input-lost',
  'transcript-decrypted.txt': 'transcript --session s23,s203 test/tls/starttls/sendmail.pcapng',
  'transcript-encrypted.txt': 'transcript --frames --port 44465 test/tls/captures/tls13-aes128-gcm.pcap',
  'triage.txt': `triage ${FAULT} ${CONTROL}`,
  'triage-narrow.txt': `COLUMNS=60 triage ${MANY.join(' ')}`,
  'triage-medium.txt': `COLUMNS=120 triage ${MANY.join(' ')}`,
  'triage-wide.txt': `COLUMNS=160 triage ${MANY.join(' ')}`,
  'triage-client.txt': `triage --by client ${MANY.join(' ')}`,
  'triage-rule.txt': `triage --by rule ${MANY.join(' ')}`,
  'triage-hour.txt': `triage --by hour ${MANY.join(' ')}`,
  'triage-redact.txt': `COLUMNS=160 triage --redact ${MANY.join(' ')}`,
  'triage.json.txt': `triage --format json ${FAULT} ${CONTROL}`,
  'triage.csv.txt': `triage --format csv ${MANY.join(' ')}`,
  'triage-cut.txt': `triage ${CUT}`,
}

function onTerminal(words: string): ReturnType<typeof invokeAt> {
  const [, columns = '80', line = ''] = /^(?:COLUMNS=(\d+) )?(.*)$/.exec(words) ?? []
  return invokeAt(Number(columns), ...line.split(' '))
}

describe('goldens', () => {
  for (const [name, words] of Object.entries(COMMANDS)) {
    test(words, async () => {
      const { printed, warnings, exitCode } = await onTerminal(words)
      const complaints = warnings.map((line) => `pipelint: ${line}\n`).join('')
      const golden = `$ ${words.replace(/^(COLUMNS=\d+ )?/, '$1pipelint ')}\n${printed.replaceAll('\r\n', '\n')}${complaints}exit code ${exitCode}\n`
      expectGolden(new URL(`goldens/${name}`, import.meta.url).pathname, golden)
    })
  }
})
