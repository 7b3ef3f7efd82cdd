// The published schemas of the formats -> what holds a document to each.
import { readFileSync } from 'node:fs'
import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { validateXML } from 'xmllint-wasm'
import { toComparisonSchema, toTriageSchema } from './document-schemas.ts'
import { type DocumentSchema, toLineSchema } from './ndjson-schema.ts'

const text = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

const documentSchema: DocumentSchema = JSON.parse(text('src/report/schema.json'))
export const lineSchema = toLineSchema(documentSchema)

const ours = new Ajv2020.default({ allErrors: true, strict: true, allowUnionTypes: true })
export const isDocument = ours.compile(documentSchema)
export const isLine = ours.compile(lineSchema)
export const triageSchema = toTriageSchema(documentSchema)
export const isTriage = ours.compile(triageSchema)
export const comparisonSchema = toComparisonSchema(documentSchema)
export const isComparison = ours.compile(comparisonSchema)

// The schema of SARIF says of many members which values they take and not of which type these are.
const theirs = new Ajv2020.default({ allErrors: true, strict: false })
addFormats.default(theirs)
export const isSarif = theirs.compile(JSON.parse(text('test/schemas/sarif-2.1.0.json')))

const junitSchema = text('test/schemas/jenkins-junit.xsd')

/** Why it is no JUnit report; none when it is one. */
export async function xsdErrors(xml: string): Promise<readonly string[]> {
  const { errors } = await validateXML({
    xml: [{ fileName: 'report.xml', contents: xml }],
    schema: [{ fileName: 'junit.xsd', contents: junitSchema }],
  })
  return errors.map(({ message }) => message)
}

/** Why a page is not well-formed; none when it is. */
export async function xmlErrors(page: string): Promise<readonly string[]> {
  const { errors } = await validateXML({ xml: [{ fileName: 'page.html', contents: page }], normalization: 'format' })
  return errors.map(({ message }) => message)
}
