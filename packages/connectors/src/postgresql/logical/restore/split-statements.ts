/**
 * The statements of an SQL script such as pg_dumpall writes, without comments and psql's commands (lines that begin with
 * a backslash). Semicolons within literals, quoted names and dollar quotes end nothing.
 */
export function splitStatements(sql: string): string[] {
  const token =
    /--[^\n]*|^\\[^\n]*|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|;|[\s\S]/gm
  const statements: string[] = []
  let current = ''
  for (const [text] of sql.matchAll(token)) {
    if (text === ';') {
      statements.push(current.trim())
      current = ''
    } else if (!/^(?:--|\\)/.test(text)) current += text
  }
  return [...statements, current.trim()].filter((statement) => statement !== '')
}
