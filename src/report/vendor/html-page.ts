// The frame of an HTML file that is complete in itself: no script, nothing loaded.
import { html } from '../escape.ts'

interface Page {
  readonly title: string
  readonly subtitle: string
  /** HTML; empty for none. */
  readonly nav: string
  /** HTML. */
  readonly body: string
  readonly style: string
  /** SHA-256 of the style in base 64. */
  readonly styleHash: string
}

export function htmlPage({ title, subtitle, nav, body, style, styleHash }: Page): string {
  // Nothing may be loaded or run, whatever a stranger wrote; the one style is known by its hash.
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${policy}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<meta name="referrer" content="no-referrer"/>
<title>${html(title)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#report">Skip to the report</a>
<header>
<h1>${html(title)}</h1>
<p>${html(subtitle)}</p>
</header>
${nav}
<main id="report" tabindex="-1">
${body}
</main>
<footer><p>This file is complete in itself: it loads nothing and runs no script.</p></footer>
</body>
</html>
`
}
