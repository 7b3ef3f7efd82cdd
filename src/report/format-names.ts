// The formats of `check` by name, for the command line.
export const FORMATS = ['table', 'json', 'ndjson', 'csv', 'junit', 'sarif', 'github'] as const
export type FormatName = (typeof FORMATS)[number]
/** Formats whose readers would take a run that judged nothing for a run without faults. */
export const CI_FORMATS: readonly FormatName[] = ['junit', 'sarif', 'github']
