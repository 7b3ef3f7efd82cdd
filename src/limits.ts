// Every bound, with its reason. A bound that bites is reported by whoever applies it; none is silent.
export * from './limits/cluster.ts'
export * from './limits/connections.ts'
export * from './limits/packets.ts'
export * from './limits/reports.ts'
export * from './limits/sessions.ts'
