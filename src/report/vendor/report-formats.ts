// The formats of a report -> what writes each. A format is loaded where it is asked for.
import type { ReportModel } from './report-model.ts'

export const REPORT_FORMATS = ['html', 'md', 'text'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

/** What the name of a file asks for; HTML, which alone has drawings, where it says nothing. */
export function formatOf(path: string | undefined): ReportFormat {
  const [, ending = ''] = /\.([^.]*)$/.exec(path ?? '') ?? []
  if (/^(?:md|markdown)$/i.test(ending)) return 'md'
  return /^(?:txt|text)$/i.test(ending) ? 'text' : 'html'
}

/** `width`: of lines of plain text. */
export async function renderReport(model: ReportModel, format: ReportFormat, width: number): Promise<string> {
  if (format === 'html') return (await import('./render-html.ts')).reportHtml(model)
  if (format === 'md') return (await import('./render-markdown.ts')).reportMarkdown(model)
  return (await import('./render-text.ts')).reportText(model, width)
}
