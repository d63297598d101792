import { expect, it } from 'vitest'
import { startFailure } from './start-failure.ts'

const ended = (log: string) => ({
  pid: 1,
  dataDirectory: '/srv/recovered',
  exit: () => ({ code: 1, signal: null }),
  stop: () => Promise.resolve(),
  logTail: () => log,
})

it('says why a server ended, whatever the cluster writes before each line of its log', () => {
  const log = [
    '2026-11-21 18:25:18.491 UTC [1483] LOG:  could not open directory "pg_tblspc/16384": Permission denied',
    '2026-11-21 18:25:18.493 UTC [1483] FATAL:  could not open directory "pg_tblspc/16384": Permission denied',
    '2026-11-21 18:25:18.493 UTC [1483] HINT:  Look at it.',
    '2026-11-21 18:25:18.502 UTC [1476] LOG:  database system is shut down',
  ]
  expect(startFailure(ended(log.join('\n'))).message).toBe(
    'the server on /srv/recovered ended with exit code 1: FATAL: could not open directory "pg_tblspc/16384": Permission denied HINT: Look at it.',
  )
})
