// `npm run new-rule -- <id> <rfc> <section>`: a rule's file from a template, and its two lines in the catalogue. Its
// page is generated from it by `npm run docs`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = process.env.RULE_ROOT ?? fileURLToPath(new URL('..', import.meta.url))
const [id = '', rfc = '', section = ''] = process.argv.slice(2)

function refuse(why) {
  console.error(`new-rule: ${why}\nUsage: npm run new-rule -- <id> <rfc> <section>, as in reply-class-differs 2034 4`)
  process.exit(2)
}

if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/.test(id))
  refuse(`${id || 'no id'}: a rule is named in words of lower case with hyphens`)
if (!/^\d+$/.test(rfc)) refuse(`${rfc || 'no RFC'}: the number of an RFC`)
if (!/^[0-9A-Z]+(?:\.\d+)*$/.test(section)) refuse(`${section || 'no section'}: the section, as in 4.1.1`)

const catalogue = join(root, 'src/rules/index.ts')
const path = join(root, `src/rules/rfc${rfc}/${id}.ts`)
const name = id.replace(/-(.)/g, (_, letter) => letter.toUpperCase())
const listed = readFileSync(catalogue, 'utf8')
if (existsSync(path) || listed.includes(`/${id}.ts'`)) refuse(`${id}: there is such a rule`)

const template = `// RFC ${rfc} section ${section}: say in one sentence what the standard demands.
import { defineRule } from '../rule.ts'

export const ${name} = defineRule({
  id: '${id}',
  clauses: [{ rfc: ${rfc}, section: '${section}', item: null, keyword: null, text: 'Quote the clause as it stands.' }],
  party: 'server',
  severity: 'info',
  title: 'Say in a few words what happened',
  why: 'Say what comes of it.',
  fix: 'Say what to change.',
  proof: 'Say what must be seen, so that nobody can argue with it.',
  excuses: 'Say what would look the same and be innocent.',
  violates: \`
    C> RSET
    S> 250 ok\`,
  conforms: \`
    C> NOOP
    S> 250 ok\`,
  // What must have been seen: without it the rule is inconclusive.
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  // True, or why there is nothing to judge in this session.
  applies: () => true,

  // Every group of every session comes here. Once the rule is right, \`onlyRemarkable: true\` may spare it the ordinary
  // ones: docs/contributing.md says when.
  *checkGroup({ exchanges }) {
    for (const { command, replies } of exchanges) {
      // An example: replace it.
      if (command.verb !== 'RSET') continue
      yield {
        commands: [command],
        replies,
        certainty: 'suspected',
        expected: 'another command',
        actual: command.verb,
        message: \`\${command.verb} was sent\`,
        evidence: [],
      }
    }
  },
})
`

/** The catalogue imports rules in the order of RFCs, then of names, as `biome check` sorts them. */
function withImport(text) {
  const line = `import { ${name} } from './rfc${rfc}/${id}.ts'\n`
  const later = [...text.matchAll(/^import \{ \w+ \} from '\.\/rfc(\d+)\/([\w-]+)\.ts'\n/gm)].find(
    ([, number, other]) => Number(number) > Number(rfc) || (number === rfc && other > id),
  )
  const at = later?.index ?? text.indexOf('import type { Rule }')
  return text.slice(0, at) + line + text.slice(at)
}

/**
 * The list has headings that name the RFC: the rule comes last under that of its RFC, or else behind a rule of its RFC,
 * or else under a heading of its own before the rules about the path.
 */
function withEntry(text) {
  const entry = `  ${name},\n`
  const insert = (at, lines) => text.slice(0, at) + lines + text.slice(at)
  const ends = (matches) => matches.map((match) => match.index + match[0].length)
  const heading = new RegExp(`^ {2}// RFC ${rfc}\\b.*\\n(?: {2}\\w+,\\n)*`, 'gm')
  const beside = ends([...text.matchAll(heading)]).at(-1)
  if (beside !== undefined) return insert(beside, entry)
  const imports = new RegExp(`^import \\{ (\\w+) \\} from '\\./rfc${rfc}/`, 'gm')
  const names = [...text.matchAll(imports)].map(([, other]) => other)
  const behind = ends([...text.matchAll(/^ {2}(\w+),\n/gm)].filter(([, other]) => names.includes(other))).at(-1)
  if (behind !== undefined) return insert(behind, entry)
  return insert(text.search(/^ {2}\/\/ The path$/m), `  // RFC ${rfc}\n${entry}`)
}

mkdirSync(dirname(path), { recursive: true })
writeFileSync(path, template)
writeFileSync(catalogue, withImport(withEntry(listed)))
console.log(`Written: src/rules/rfc${rfc}/${id}.ts, and its two lines in src/rules/index.ts.
Next:
  1. Write the rule; its examples are its first tests:
     npx vitest run test/transcripts.test.ts test/rules.test.ts test/rules -t ${id}
     A word of its messages that redaction does not know fails there: put it into \`words\`.
  2. npm run lint && npm run docs
                             writes docs/rules/${id}.md, docs/rules.md and docs/coverage.md
  3. Where it finds nothing in a capture and should, this says why (not applicable, inconclusive, or nothing remarkable):
     PIPELINT_DEBUG=rules,pairing npm start --silent -- --session s1 mail.pcap`)
