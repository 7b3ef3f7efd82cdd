// The formats of a report and their renderers. A renderer is loaded on demand.
import type { ReportModel } from './report-model.ts'

export const REPORT_FORMATS = ['html', 'md', 'text'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

/** The format for a file name; HTML, the only one with drawings, when the name does not tell. */
export function formatOf(path: string | undefined): ReportFormat {
  const [, ending = ''] = /\.([^.]*)$/.exec(path ?? '') ?? []
  if (/^(?:md|markdown)$/i.test(ending)) return 'md'
  return /^(?:txt|text)$/i.test(ending) ? 'text' : 'html'
}

/** `width`: line width of plain text. */
export async function renderReport(model: ReportModel, format: ReportFormat, width: number): Promise<string> {
  if (format === 'html') return (await import('./render-html.ts')).reportHtml(model)
  if (format === 'md') return (await import('./render-markdown.ts')).reportMarkdown(model)
  return (await import('./render-text.ts')).reportText(model, width)
}
