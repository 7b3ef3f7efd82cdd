// Filter as you type: every word must occur, in upper or lower case; a word after `-` must not.

export function matcher(filter: string): (text: string) => boolean {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-')
  const wanted = words.filter((word) => !word.startsWith('-'))
  const unwanted = words.filter((word) => word.startsWith('-')).map((word) => word.slice(1))
  return (text) => {
    const low = text.toLowerCase()
    return wanted.every((word) => low.includes(word)) && !unwanted.some((word) => low.includes(word))
  }
}
