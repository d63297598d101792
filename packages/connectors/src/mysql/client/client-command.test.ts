import { expect, it } from 'vitest'
import { describeFailure } from './client-command.ts'

it('tells the error of a statement and not the statement, which may hold rows', () => {
  const said = [
    '--------------',
    'INSERT INTO `b` VALUES',
    "('secret')",
    '--------------',
    '',
    "ERROR 1054 (42S22) at line 36: Unknown column 'i' in 'SELECT'",
  ]
  expect(describeFailure('ended with exit code 1', said)).toBe(
    "ended with exit code 1; ERROR 1054 (42S22) at line 36: Unknown column 'i' in 'SELECT'",
  )
  // cut off before its second rule
  expect(describeFailure('ended with exit code 1', said.slice(0, 3))).toBe('ended with exit code 1')
  expect(describeFailure(undefined, ['mariadb-dump: Error: no space', 'x'.repeat(5000)])).toMatch(
    /^it reports errors; Error: no space; x{400}…$/,
  )
})
