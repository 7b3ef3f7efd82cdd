// Sentences with few words and many numbers: each is stored once, with a mark for each number, and used with the numbers
// that stand in it. "ACK in frame 10" and "ACK in frame 3812" are the same sentence.
import { terminal } from '../report/escape.ts'
import { digits } from './digits.ts'

/** Stands for a number. `terminal` leaves no control character in a text. */
const MARK = '\u0001'
/** Without leading zeros, which would be lost, and short enough to be exact in any Lua. */
const NUMBER = /[1-9]\d{0,8}/g

export class Texts {
  private readonly known = new Map<string, number>()

  /** The sentences, with marks. */
  get list(): Iterable<string> {
    return this.known.keys()
  }

  /** The number of the sentence, and the numbers in it. */
  encode(text: string): string {
    const numbers: string[] = []
    const sentence = terminal(text).replace(NUMBER, (number) => {
      numbers.push(digits(Number(number)))
      return MARK
    })
    const index = this.known.get(sentence) ?? this.known.size
    this.known.set(sentence, index)
    return digits(index) + numbers.join('')
  }
}
