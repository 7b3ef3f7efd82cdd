// src/page/ -> dist/pipelint.html: one file with the script, the style sheet and the kernel of the fast path. Its policy
// names the script and the style by their hashes, and forbids every connection.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const src = join(root, 'src')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** What the engine takes from Node, the page takes from the file of the same name in its own folder. */
const HOST = /[\\/]host[\\/]([a-z-]+\.ts)$/
const PAGE_HOST = join(src, 'page/host')

/** The packages that these modules are from. */
function packagesOf(modules) {
  const names = modules.flatMap((path) => /[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(path)?.[1] ?? [])
  return [...new Set(names)].map((name) => name.replace('\\', '/')).sort()
}

/** The licence of each package whose modules are in the bundle. */
function licencesOf(modules) {
  return packagesOf(modules).map((name) => {
    const folder = join(root, 'node_modules', name)
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
    if (file === undefined) throw new Error(`${name} has no licence file`)
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}`
  })
}

/** Only what matches a filter leaves the bundler for these functions. */
const PARTS = {
  name: 'pipelint',
  resolveId: {
    filter: { id: /^pipelint:|host[\\/][a-z-]+\.ts$/ },
    handler(specifier, importer) {
      if (specifier.startsWith('pipelint:')) return `\0${specifier}`
      if (importer === undefined || !specifier.startsWith('.')) return null
      const [, file] = HOST.exec(join(importer, '..', specifier)) ?? []
      return file === undefined ? null : join(PAGE_HOST, file)
    },
  },
  load: {
    filter: { id: /^\0pipelint:/ },
    handler(id) {
      if (id === '\0pipelint:build') return `export const version = ${JSON.stringify(version)}`
      const kernel = readFileSync(join(root, 'dist/.page/kernel.wasm')).toString('base64')
      return `export const kernel = ${JSON.stringify(kernel)}`
    },
  },
}

async function bundle() {
  const build = await rolldown({
    input: join(src, 'page/main.tsx'),
    platform: 'browser',
    tsconfig: join(src, 'page/tsconfig.json'),
    plugins: [PARTS],
  })
  const { output } = await build.generate({ format: 'iife', minify: true, comments: false, codeSplitting: false })
  await build.close()
  const [chunk, ...more] = output
  if (more.length > 0) throw new Error(`the page must be one script: ${more.map(({ fileName }) => fileName)}`)
  return chunk
}

/** The packages that are in the page. */
export async function bundledPackages() {
  return packagesOf(Object.keys((await bundle()).modules))
}

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Modules by what they are, the largest first: what the page weighs. */
function weights(modules) {
  const sums = new Map()
  for (const [path, { code }] of Object.entries(modules)) {
    const inside = relative(src, path).split(/[\\/]/)
    const [, name] = /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(path) ?? []
    const part = name ?? (path.startsWith('\0') ? path.slice(1) : inside.length === 1 ? 'src' : `src/${inside[0]}`)
    sums.set(part, (sums.get(part) ?? '') + (code ?? ''))
  }
  return [...sums].map(([part, code]) => [part, code.length, gzipSync(code).length]).sort((a, b) => b[2] - a[2])
}

function documentOf({ policy, style, script, licences }) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${policy}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="referrer" content="no-referrer"/>
<link rel="icon" href="data:,"/>
<title>pipelint</title>
<style>${style}</style>
</head>
<body>
<div id="page"><noscript>pipelint reads captures with a script in this page, and scripts are switched off.</noscript></div>
<script type="text/plain" id="licences">${licences.replaceAll('</', '< /')}</script>
<script>${script}</script>
</body>
</html>
`
}

/** Writes the page, and returns its size and that of its parts. */
export async function buildPage() {
  const chunk = await bundle()
  const { FIGURES, NARROW } = await import(new URL('../dist/report/vendor/style.js', import.meta.url))
  const script = chunk.code.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')
  const sheets = readdirSync(join(src, 'page/style')).sort()
  const style = [FIGURES, NARROW, ...sheets.map((name) => readFileSync(join(src, 'page/style', name), 'utf8'))].join(
    '\n',
  )
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)} 'wasm-unsafe-eval'`,
    `style-src ${hash(style)}`,
    'worker-src blob:',
    'img-src data:',
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const html = documentOf({ policy, style, script, licences: licencesOf(Object.keys(chunk.modules)).join('\n\n\n') })
  writeFileSync(join(root, 'dist/pipelint.html'), html)
  return { bytes: html.length, gzipped: gzipSync(html, { level: 9 }).length, parts: weights(chunk.modules) }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { bytes, gzipped, parts } = await buildPage()
  console.log(`dist/pipelint.html: ${bytes} bytes, ${gzipped} gzipped; by part, before it is minified:`)
  for (const [part, plain, small] of parts)
    console.log(`${String(small).padStart(8)} gzipped ${String(plain).padStart(8)}  ${part}`)
}
