// The bounds of what the page keeps and draws.

/** Sessions with findings, or without an answer, that can be listed; and others. The rest is counted. */
export const LISTED_NOTABLE_MAX = 4000
export const LISTED_OTHERS_MAX = 2000
/** Findings of all of them. */
export const LISTED_FINDINGS_MAX = 20_000
/** Rows of a table that are drawn; a filter finds the others. */
export const ROWS_DRAWN_MAX = 200
/** Rows of a sequence diagram. */
export const DIAGRAM_ROWS_MAX = 160
/** Groups of a session that are shown. */
export const GROUPS_SHOWN_MAX = 400
/** Time between two messages about the progress. */
export const PROGRESS_MS = 100
