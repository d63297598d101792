import { RandomStream } from './random-stream.ts'

const syllables =
  'ba be bi bo bu ca ce ci co da de di do du fa fe fi fo ga ge gi go ha he hi ho ja je ka ke ki la le li lo lu ma me mi mo mu na ne ni no nu pa pe pi po qua ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo wa we za zo'.split(
    ' ',
  )
const endings = ['', '', 'n', 'r', 's', 't', 'ng', 'nd', 'st', 'ed', 'er', 'ion', 'ment', 'able']

/** The kinds of text in a source tree: what stands between words decides how well it compresses. */
export type TextKind = 'code' | 'json' | 'prose'

/** Pieces of text of one kind, 5 to 60 bytes each, made of invented words so that frequent ones recur. */
export function makePhrases(kind: TextKind, count: number): readonly Buffer[] {
  const random = new RandomStream(kind.length * 7919 + count)
  const words = Array.from({ length: 6000 }, () => makeWord(random))
  // Words of real text are unevenly frequent; the square prefers the first ones.
  const word = (): string => words[Math.floor(random.fraction() ** 2 * words.length)] ?? 'word'
  return Array.from({ length: count }, () => Buffer.from(makePhrase(kind, random, word)))
}

function makeWord(random: RandomStream): string {
  const length = 1 + random.below(3)
  return Array.from({ length }, () => random.pick(syllables)).join('') + random.pick(endings)
}

function makePhrase(kind: TextKind, random: RandomStream, word: () => string): string {
  switch (kind) {
    case 'code':
      return random.pick([
        () => `  const ${word()} = ${word()}.${word()}(${word()}, ${random.below(1000)})\n`,
        () => `  if (${word()} === ${word()}) return ${word()}\n`,
        () => `    ${word()}.${word()} = `,
        () => `function ${word()}(${word()}) {\n`,
        () => `  }\n`,
        () => `  // ${word()} ${word()} ${word()}\n`,
        () => `'${word()}', `,
      ])()
    case 'json':
      return random.pick([
        () => `"${word()}": "${word()}", `,
        () => `"${word()}": ${random.below(100_000)},\n    `,
        () => `{ "id": "${random.word().toString(16)}", "${word()}": `,
        () => `"${word()} ${word()}" },\n  `,
      ])()
    case 'prose':
      return random.pick([
        () => `${word()} ${word()} ${word()} `,
        () => `${word()} ${word()}, ${word()} `,
        () => `${word()} ${word()}.\n`,
        () => `${word()} `,
      ])()
  }
}
