/** Writes a capture; the same arguments give the same bytes. */
export function generate(path: string, options: Readonly<Record<string, number>>): { readonly packets: number }
