import { expect, it } from 'vitest'
import { selectSql } from './select-sql.ts'

const dump = `/*!40101 SET NAMES utf8mb4 */;
--
-- Current Database: \`shop\`
--

CREATE DATABASE \`shop\`;

USE \`shop\`;

-- Table structure for table \`a\`
CREATE TABLE \`a\` (i int);
-- Dumping data for table \`a\`
INSERT INTO \`a\` VALUES
(1);
DELIMITER ;;
CREATE TRIGGER x BEGIN
-- Table structure for table \`b\`
USE \`other\`;
END ;;
DELIMITER ;
-- Table structure for table \`b\`
CREATE TABLE \`b\` (i int);
-- Dumping routines for database 'shop'
CREATE PROCEDURE p() SELECT 1;
`

async function selected(tables: readonly string[], cut = 37): Promise<string> {
  async function* chunks() {
    for (let at = 0; at < dump.length; at += cut) yield Buffer.from(dump.slice(at, at + cut))
  }
  const parts: Uint8Array[] = []
  for await (const bytes of selectSql(chunks(), { tables })) parts.push(Buffer.from(bytes))
  return Buffer.concat(parts).toString('utf8')
}

it('leaves out what makes and chooses the database, and nothing else', async () => {
  expect(await selected([])).toBe(dump.replace('CREATE DATABASE `shop`;\n', '').replace('USE `shop`;\n', ''))
})

it('takes one table with rows and triggers, whatever its triggers look like', async () => {
  for (const cut of [1, 7, 5000]) {
    const text = await selected(['a'], cut)
    expect(text).toContain('SET NAMES')
    expect(text).toContain('USE `other`;\nEND ;;')
    expect(text).not.toContain('CREATE TABLE `b`')
    expect(text).not.toContain('PROCEDURE')
  }
  expect(await selected(['b'])).toContain('CREATE TABLE `b`')
  expect(await selected(['b'])).not.toContain('TRIGGER')
})
