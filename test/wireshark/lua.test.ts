// The Lua file under Lua 5.4, which newer versions of Wireshark have; tshark.slow.test.ts runs it in Wireshark itself.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { lua } from '../../src/report/escape.ts'
import { checkOf } from '../../src/wireshark/check.ts'
import { commandLine } from '../../src/wireshark/command-line.ts'
import { digits, signedDigits } from '../../src/wireshark/digits.ts'
import { Texts } from '../../src/wireshark/texts.ts'
import { readAll, sourceOf } from '../capture/read.ts'
import { needsPeer } from '../support/peer.ts'
import { scratch, writeScript } from './support.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = scratch()
afterAll(files.remove)

function run(script: string, ...words: string[]) {
  return spawnSync('lua5.4', [script, ...words], { encoding: 'buffer', maxBuffer: 1 << 28 })
}

describe.runIf(needsPeer('lua5.4'))('Lua 5.4', () => {
  test('reads every string as it was written', () => {
    const script = files.path('strings.lua')
    const texts = fc.sample(fc.string({ unit: 'binary' }), 500)
    const hostile = ['"', '\\', '\n', '\r\n', ']]', '\u00001', '\u2028', '\\"', '--[[', '%\\065']
    const all = [...texts, ...hostile]
    writeFileSync(script, all.map((text) => `io.write(${lua(text)}, "\\0\\0")\n`).join(''))
    const { stdout, status } = run(script)
    expect(status).toBe(0)
    expect(stdout).toEqual(Buffer.from(all.map((text) => `${text}\0\0`).join('')))
  })

  test.each([
    'samples/frontbridge.pcap',
    'test/captures/haraka-transactions.pcap',
    'test/captures/exim-midstream.pcap',
  ])('%s: shows every pairing and finding', async (name) => {
    const capture = `${root}/${name}`
    const script = files.path('shown.lua')
    await writeScript(script, capture)
    const expected: string[] = []
    await analyze([capture], {
      dialogues: true,
      onSession({ groups, findings }) {
        for (const { command, replies } of groups.flatMap(({ exchanges }) => exchanges))
          for (const { at } of replies) expected.push(`${command.at.lastFrame}\tpipelint.response_in\t${at.lastFrame}`)
        for (const { rule, frames } of findings)
          for (const frame of frames) expected.push(`${frame}\tpipelint.rule\t${rule}`)
      },
    })
    const { packets, reader } = await readAll(sourceOf(readFileSync(capture)))
    const { seconds, nanoseconds } = reader?.base ?? { seconds: 0, nanoseconds: 0 }
    const lines = packets.map(({ frame, timeNs }) => {
      const total = nanoseconds + timeNs
      return `${frame}\t${seconds + Math.floor(total / 1e9) + (total % 1e9) / 1e9}\t0`
    })
    const { stdout, stderr } = spawnSync('lua5.4', [`${root}/test/wireshark/wireshark-api.lua`, script], {
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    const shown = stdout.split('\n').filter((line) => /\tpipelint\.(?:response_in|rule)\t/.test(line))
    expect(shown.sort()).toEqual(expected.sort())
  })
})

describe('the parts of the Lua file', () => {
  /** As the Lua program does it. */
  function read(text: string): number[] {
    const values: number[] = []
    let value = 0
    for (const character of text) {
      const code = character.charCodeAt(0) - 35
      const digit = code > 57 ? code - 1 : code
      value = value * 45 + (digit % 45)
      if (digit >= 45) continue
      values.push(value)
      value = 0
    }
    return values
  }

  test('numbers are written without a quotation mark or a backslash', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: Number.MAX_SAFE_INTEGER })), (values) => {
        const text = values.map(digits).join('')
        expect(text).toMatch(/^[#-[\]-~]*$/)
        expect(read(text)).toEqual(values)
      }),
    )
    expect([0, -1, 1, -7, 7].map((value) => read(signedDigits(value))[0])).toEqual([0, 1, 2, 13, 14])
  })

  test('a sentence is stored once, whatever its numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom('frame ', ' 00', '-', '\\x1b'), fc.nat().map(String))), (words) => {
        const texts = new Texts()
        const [index, ...numbers] = read(texts.encode(words.join('')))
        const sentence = [...texts.list][index as number] as string
        expect(sentence.replaceAll('\u0001', () => String(numbers.shift()))).toBe(words.join(''))
      }),
    )
    const texts = new Texts()
    texts.encode('the ACK in frame 10 covers 2 commands')
    texts.encode('the ACK in frame 3812 covers 31 commands')
    expect([...texts.list]).toEqual(['the ACK in frame \u0001 covers \u0001 commands'])
  })

  test('the check of a packet depends on its time to the microsecond', () => {
    const base = { seconds: 1_290_930_428, nanoseconds: 999_999_000 }
    const checks = [0, 2000, 4000].map((ns) => checkOf(base, ns))
    expect(new Set(checks).size).toBe(3)
    expect(checkOf({ seconds: base.seconds + 1, nanoseconds: 1000 }, 0)).toBe(checks[1])
  })

  test.each([
    [{ script: 'a.lua', capture: 'a.pcap', keyLog: null }, 'wireshark -X lua_script:a.lua -r a.pcap'],
    [
      { script: 'my mail.lua', capture: 'b', keyLog: 'k' },
      'wireshark -X "lua_script:my mail.lua" -r b -o tls.keylog_file:k',
    ],
    [{ script: "a'$(x).lua", capture: '`x`', keyLog: null }, "wireshark -X 'lua_script:a'\\''$(x).lua' -r '`x`'"],
  ])('%j', (files, line) => {
    expect(commandLine(files)).toBe(line)
  })
})
