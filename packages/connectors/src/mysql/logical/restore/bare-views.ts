import { readText } from '../dump-section.ts'

const definition = '/*!50001 VIEW '

/**
 * Views of a dump without the name of their database before columns, so that they can be made in another one. A server leaves
 * that name out by itself, but not where it cannot look into a view, such as for a definer that does not exist.
 */
export async function* bareViews(
  chunks: AsyncIterable<Uint8Array>,
  database: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  // definitions only: no rows
  const lines = (await readText(chunks)).split('\n')
  yield Buffer.from(lines.map((line) => (line.startsWith(definition) ? withoutName(line, database) : line)).join('\n'))
}

/** "`shop`.`t`.`id`" → "`t`.`id`", outside of texts. */
function withoutName(line: string, database: string): string {
  const name = `\`${database.replaceAll('`', '``')}\``.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
  const column = new RegExp(String.raw`'(?:[^'\\]|\\.|'')*'|${name}\.(${'`'}(?:[^${'`'}]|${'``'})+${'`'}\.${'`'})`, 'g')
  return line.replaceAll(column, (whole, rest: string | undefined) => rest ?? whole)
}
