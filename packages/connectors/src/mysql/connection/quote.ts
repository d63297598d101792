/** An identifier as MySQL writes it: `na``me`. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** A text as a literal; safe whatever sql_mode says of backslashes, because none is left: signs become hexadecimal. */
export function quoteLiteral(text: string): string {
  if (/^[\p{L}\p{N} ._:@%$/-]*$/u.test(text)) return `'${text}'`
  return `CONVERT(X'${Buffer.from(text).toString('hex')}' USING utf8mb4)`
}
