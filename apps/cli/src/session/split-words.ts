import { invalidArgument } from '../argument/option.ts'

/**
 * Splits a command as a shell would, as far as blanks, quotes and backslashes go; nothing is expanded. Fails with
 * ARGUMENT_INVALID.
 */
export function splitWords(text: string, label: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: '"' | "'" | undefined
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character
      word ??= ''
    } else if (character === quote) {
      quote = undefined
    } else if (character === '\\' && quote !== "'" && index + 1 < text.length) {
      index++
      word = (word ?? '') + (text[index] ?? '')
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== undefined) throw invalidArgument(label, text, 'a quote is not closed')
  if (word !== undefined) words.push(word)
  if (words.length === 0) throw invalidArgument(label, text, 'it is empty')
  return words
}
