/** Spaces other than the common one (RFC 3454, C.1.2). */
const otherSpaces = /[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]/gu
/** What is mapped to nothing (RFC 3454, B.1). Code points, since some of them combine. */
const ignored = new Set([
  0xad,
  0x34f,
  0x1806,
  0x180b,
  0x180c,
  0x180d,
  0x200b,
  0x200c,
  0x200d,
  0x2060,
  0xfe_ff,
  ...Array.from({ length: 16 }, (_, at) => 0xfe_00 + at),
])
/** Controls, private use, surrogates, unassigned and non-characters: a password with one of these is taken as it is. */
const prohibited = /[\p{Cc}\p{Co}\p{Cs}\p{Cn}]/u

/**
 * A password as SCRAM hashes it: SASLprep (RFC 4013), which makes the same of a password however a keyboard composes its
 * characters. Like the server, one that SASLprep refuses is used unchanged.
 */
export function preparePassword(password: string): string {
  const mapped = [...password.replaceAll(otherSpaces, ' ')]
    .filter((character) => !ignored.has(character.codePointAt(0) ?? 0))
    .join('')
  const prepared = mapped.normalize('NFKC')
  return prepared === '' || prohibited.test(prepared) ? password : prepared
}
