import { expect, it } from 'vitest'
import { adaptSql, foreignModes } from './adapt-sql.ts'

const collations = new Map([['utf8mb4_0900_ai_ci', 'utf8mb4_uca1400_ai_ci']])

async function adapted(text: string, withoutModes: ReadonlySet<string> = new Set(), pieceBytes = 7): Promise<string> {
  const bytes = Buffer.from(text)
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  const parts: Uint8Array[] = []
  for await (const part of adaptSql(pieces(), { collations, withoutModes })) parts.push(part)
  return Buffer.concat(parts).toString()
}

it('replaces collations of tables, columns, and of the session that code is made in', async () => {
  const table = [
    '  `name` varchar(10) COLLATE utf8mb4_0900_ai_ci DEFAULT NULL,',
    ') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;',
    '/*!50003 SET collation_connection  = utf8mb4_0900_ai_ci */ ;',
    'ALTER DATABASE `a` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci ;',
  ].join('\n')
  expect(await adapted(table)).toBe(table.replaceAll('utf8mb4_0900_ai_ci', 'utf8mb4_uca1400_ai_ci'))
})

it('leaves rows, texts, names, other collations and every other byte alone, however the pieces fall', async () => {
  const text = [
    "INSERT INTO `t` VALUES ('COLLATE utf8mb4_0900_ai_ci'),",
    "('é \u{1f600} COLLATE=utf8mb4_0900_ai_ci');",
    "  `COLLATE utf8mb4_0900_ai_ci` int COMMENT 'it''s COLLATE utf8mb4_0900_ai_ci',",
    '  `b` varchar(3) COLLATE utf8mb4_bin,',
    '-- é without an end of line',
  ].join('\n')
  for (const pieceBytes of [1, 5, 64, 4096]) expect(await adapted(text, new Set(), pieceBytes)).toBe(text)
})

it('passes a row longer than any piece on without waiting for its end', async () => {
  const row = `INSERT INTO t VALUES ('${'x'.repeat(3 << 20)} COLLATE utf8mb4_0900_ai_ci');\n`
  expect(await adapted(row, new Set(), 1 << 16)).toBe(row)
})

it('leaves out modes that the other family does not know, and no other', async () => {
  const line = "/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER,ANSI_QUOTES' */ ;\n"
  expect(await adapted(line, foreignModes.mariadb)).toBe(line.replace('NO_AUTO_CREATE_USER,', ''))
  expect(await adapted(line)).toBe(line)
})
