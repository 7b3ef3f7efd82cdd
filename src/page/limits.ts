// The bounds of what the page keeps and draws.

/**
 * Sessions that can be listed, and findings in all of them: sessions in which somebody is accused, others with findings, without
 * a reply, or not judged in full, and the rest. What is above it is counted.
 */
export const LISTED_MAX = {
  accused: { sessions: 4000, findings: 20_000 },
  notable: { sessions: 2000, findings: 8000 },
  others: { sessions: 2000, findings: 0 },
} as const
/** Rows of a table that are drawn; a filter finds the others. */
export const ROWS_DRAWN_MAX = 200
/** Rows of a sequence diagram. */
export const DIAGRAM_ROWS_MAX = 160
/** Groups of a session that are shown. */
export const GROUPS_SHOWN_MAX = 400
/** Time between two messages about the progress. */
export const PROGRESS_MS = 100
/** Characters of a name in a table; the dialogue has all of it. */
export const NAME_COLUMNS = 32
