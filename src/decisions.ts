// Why something was read as it was: decisions of lower layers, for whoever develops or doubts them (`PIPELINT_DEBUG`).
// Nothing else depends on them.

export const TOPICS = ['rules', 'pairing', 'tcp'] as const
export type Topic = (typeof TOPICS)[number]

/** `session`: the first frame of its connection. `frame`: where it was decided. */
type Listener = (session: number, frame: number, decision: string) => void

/** Who hears of them; null: nobody. Told as `decisions.tcp?.(…)`: then the sentence is not even made. */
export const decisions: Record<Topic, Listener | null> = { rules: null, pairing: null, tcp: null }
