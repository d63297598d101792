import { expect, it } from 'vitest'
import { splitStatements } from './split-statements.ts'

it('ends statements at semicolons outside of literals, names, dollar quotes and comments', () => {
  const sql = `-- a; comment
CREATE ROLE "a;b""c";
\\restrict x;y
ALTER ROLE x PASSWORD 'it''s; -- no comment';
COMMENT ON ROLE x IS E'a\\';b';
DO $f$ BEGIN; END $f$;

`
  expect(splitStatements(sql)).toEqual([
    'CREATE ROLE "a;b""c"',
    `ALTER ROLE x PASSWORD 'it''s; -- no comment'`,
    `COMMENT ON ROLE x IS E'a\\';b'`,
    'DO $f$ BEGIN; END $f$',
  ])
})
