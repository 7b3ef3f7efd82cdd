// The decisions of the lower layers about a session, for debugging (`PIPELINT_DEBUG`). Nothing else depends on them.

export const TOPICS = ['rules', 'pairing', 'tcp'] as const
export type Topic = (typeof TOPICS)[number]

/** `session`: the first frame of its connection. `frame`: where it was decided. */
type Listener = (session: number, frame: number, decision: string) => void

/** The listeners; null: none. Call as `decisions.tcp?.(…)`: without a listener the text is not even made. */
export const decisions: Record<Topic, Listener | null> = { rules: null, pairing: null, tcp: null }
