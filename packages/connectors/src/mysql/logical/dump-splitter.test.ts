import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type DumpPiece, DumpSplitter, rowsKey } from './dump-splitter.ts'

const dump = `/*!M999999\\- enable the sandbox mode */ 
-- MariaDB dump
/*!40101 SET NAMES utf8mb4 */;
--
-- Current Database: \`a\`
--

CREATE DATABASE \`a\`;

USE \`a\`;
INSERT INTO \`t(1'\` VALUES
(1,'x\\'(y)','--'),
(2,'-- Current Database: \`z\`','it''s (');
INSERT INTO \`g\` (\`i\`, \`z(\`) VALUES (1,'a'),(2,'(b'),(3,'c);');
DELIMITER ;;
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN
-- Current Database: \`b\`
INSERT INTO \`t\` VALUES
(1);
END ;;
DELIMITER ;
--
-- Current Database: \`b\`
--
USE \`b\`;
--
-- Current Database: \`a\`
--
CREATE VIEW v AS SELECT 1;
--
-- Current Database: \`b\`
--
-- The deferred gtid setting follows
-- SET GLOBAL gtid_slave_pos='0-1-7';
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
-- Dump completed
`

function divide(
  chunks: readonly Uint8Array[],
  endsApart = false,
): { text: Map<string, string>; splitter: DumpSplitter } {
  const splitter = new DumpSplitter({ of: 'databases', databases: ['a', 'b'], endsApart })
  const text = new Map<string, string>()
  const take = (pieces: readonly DumpPiece[]): void => {
    for (const { part, bytes } of pieces) {
      const name = part.type === 'head' || part.type === 'tail' ? part.type : `${part.type} ${part.database}`
      text.set(name, (text.get(name) ?? '') + Buffer.from(bytes).toString('utf8'))
    }
  }
  for (const chunk of chunks) {
    const lent = Uint8Array.from(chunk)
    take(splitter.push(lent))
    // it is another's again: what is kept of it must have been copied
    lent.fill(0)
  }
  take(splitter.end())
  return { text, splitter }
}

it('divides a dump at databases and counts rows, wherever the chunks are cut', () => {
  const bytes = Buffer.from(dump)
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
      const places = [0, ...cuts.toSorted((one, other) => one - other), bytes.length]
      const { text, splitter } = divide(places.slice(1).map((end, at) => bytes.subarray(places[at], end)))
      expect([...text.keys()]).toEqual(['head', 'database a', 'database b', 'views a', 'views b', 'tail'])
      expect([...text.values()].join('')).toBe(dump)
      expect(text.get('database a')).toContain('DELIMITER ;\n')
      expect(text.get('tail')).toMatch(/^-- The deferred gtid/)
      expect(splitter.rows).toEqual(
        new Map([
          [rowsKey('a', "t(1'"), 2],
          [rowsKey('a', 'g'), 3],
        ]),
      )
      expect(splitter.isComplete).toBe(true)
    }),
  )
})

it('is not complete when it ends early', () => {
  const { splitter } = divide([Buffer.from(dump.slice(0, dump.indexOf('USE `b`')))])
  expect(splitter.isComplete).toBe(false)
})

it('tells events and routines apart, and tables that were asked for by name', () => {
  const routines = "-- Dumping routines for database 'a'\nCREATE PROCEDURE p() SELECT 1;\n"
  const { text } = divide([Buffer.from(dump.replace('--\n-- Current Database: `b`\n--\nUSE', `${routines}$&`))], true)
  expect([...text.keys()]).toEqual(['head', 'database a', 'end a', 'database b', 'views a', 'views b', 'tail'])
  expect(text.get('end a')).toBe(`${routines}--\n`)
  const splitter = new DumpSplitter({ of: 'tables', databases: ['a'] })
  const rows = '-- Dumping data for table `t`\n-- WHERE:  `i` < 3\nINSERT INTO `t` VALUES\n(1),\n(2);\n'
  const tail = '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n'
  const pieces = [
    ...splitter.push(Buffer.from(`/*!40101 SET NAMES utf8mb4 */;\n--\n${rows}${tail}`)),
    ...splitter.end(),
  ]
  expect(pieces.map(({ part, bytes }) => [part.type, Buffer.from(bytes).toString()])).toEqual([
    ['head', '/*!40101 SET NAMES utf8mb4 */;\n--\n'],
    ['database', rows],
    ['tail', tail],
  ])
  expect(splitter.rows).toEqual(new Map([[rowsKey('a', 't'), 2]]))
  expect(splitter.isComplete).toBe(true)
})
