/** A name as SQL and replication commands take it: every name may be quoted, and then means itself. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * A text as an SQL literal, also when the server takes backslashes for escapes (standard_conforming_strings = off). In
 * replication commands use it for texts without backslashes only: their grammar has no E'…'.
 */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}
