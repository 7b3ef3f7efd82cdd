// The formats of `compare`.
export const COMPARISON_FORMATS = ['text', 'json', 'html'] as const
export type ComparisonFormat = (typeof COMPARISON_FORMATS)[number]
