// Text of commands and replies -> the addresses in it. By hand, in one pass: an expression for the same looks from every
// sign in the text to its end, and strangers write the text.

/** The first `local@domain` in angle brackets, without these; null when there is none. */
export function addressIn(text: string): string | null {
  for (let open = text.indexOf('<'); open >= 0; ) {
    let at = open + 1
    while (at < text.length && !isBorder(text[at] as string)) at++
    const inside = text.slice(open + 1, at)
    if (text[at] === '>' && hasInner(inside, '@')) return inside
    open = text.indexOf('<', at)
  }
  return null
}

/** Whether an address stands in it: in angle brackets, or in front of three dots as Sendmail writes it. */
export function namesAddress(text: string): boolean {
  if (addressIn(text) !== null) return true
  return text.split(' ').slice(0, -1).some(isAnnounced)
}

/** `local@domain...` */
function isAnnounced(word: string): boolean {
  if (!word.endsWith('...')) return false
  const end = word.length - 3
  for (let at = word.indexOf('@', 1); at >= 0 && at < end - 1; at = word.indexOf('@', at + 1)) {
    if (word[at - 1] !== '<') return true
  }
  return false
}

/** Whether the sign stands in the word with something on both sides. */
function hasInner(word: string, sign: string): boolean {
  const at = word.indexOf(sign, 1)
  return at >= 0 && at < word.length - 1
}

function isBorder(character: string): boolean {
  return character === '<' || character === '>' || /\s/.test(character)
}
