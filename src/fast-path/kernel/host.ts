// What the kernel asks of the host.

/** A text that was not known: what it is good for, flags of `texts.ts`. `place`: where it is kept. */
export declare function readText(place: u32, at: usize, length: u32, kind: u32): u32

/** The first connection between the end points at ASKED has opened. */
export declare function noteOpening(seq: u32, frame: f64, timeNs: f64): void

/**
 * A session has ended whose packets came in order, and can be read now: `beginPackets`. False when the engine has to read
 * them.
 */
export declare function readPackets(connection: u32): bool

/** Whether TLS may be decrypted. */
export declare function hasKeys(): bool

/** Whether the dialogue of the session that would begin with this packet is wanted: then the engine reads it. */
export declare function wantsDialogue(frame: f64): bool
