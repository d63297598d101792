const utf8 = [
  'plain',
  'with space',
  'quote"back\\slash',
  "<html> & 'tags'",
  'bell\x07back\x08tab\tline\nvertical\vform\freturn\r',
  'escape\x1bdelete\x7f',
  'e\u0301 combining',
  'no\u00a0break soft\u00adhyphen',
  'zero\u200bwidth\u200djoiner\ufeff',
  'line\u2028paragraph\u2029',
  'replacement\ufffd',
  'private\ue000',
  '\u{1f600}\u{1f468}\u200d\u{1f469}',
  '\u{10ffff}',
  // letters of Unicode 15.0, 15.1 and 16.0: Go's table ends at 15.0, and 13.0 before Go 1.21
  '\u{1e4d0}',
  '\u{2ebf0}',
  '\u{105c0}',
  '\\x41 looks escaped',
  '한국어',
]

const notUtf8 = ['latin\xe9', '\xff\xfe', 'cut\xe2\x82', 'surrogate\xed\xa0\x80', 'long\xc0\xaf', 'over\xf4\x90\x80\x80']

/** File names that a format can get wrong, as bytes. */
export const hostileNames: readonly Buffer[] = [
  ...utf8.map((name) => Buffer.from(name)),
  ...notUtf8.map((name) => Buffer.from(name, 'latin1')),
]
