import { expect, it } from 'vitest'
import { loginError } from './login-error.ts'
import { serverError, sqlStateOf } from './server-error.ts'
import type { ServerReport } from './server-message.ts'

const attempt = {
  host: 'db1:5432',
  user: 'backup',
  statement: 'the connection',
  database: 'replication',
  overSocket: false,
  isEncrypted: false,
  localAddress: '192.168.7.7',
}

function report(sqlState: string, message: string, routine?: string): ServerReport {
  return { severity: 'FATAL', sqlState, message, ...(routine === undefined ? {} : { routine }) }
}

it('names the line that pg_hba.conf lacks, with the address as the server sees it', () => {
  const message = 'no pg_hba.conf entry for replication connection from host "10.0.0.5", user "backup", no encryption'
  const error = loginError(report('28000', message, 'ClientAuthentication'), attempt)
  expect(error.code).toBe('POSTGRES_NOT_ADMITTED')
  expect(error.hint).toContain('"host replication backup 10.0.0.5/32 scram-sha-256"')
  expect(error.hint).toContain('sslmode=require')
})

it('understands the same in another language, by the routine', () => {
  const message = '호스트 "10.0.0.5", 사용자 "backup", 데이터베이스 "shop"에 대한 설정이 pg_hba.conf에 없습니다.'
  const error = loginError(report('28000', message, 'ClientAuthentication'), { ...attempt, database: 'My shop' })
  expect(error.hint).toContain('host "My shop" backup 10.0.0.5/32 scram-sha-256')
})

it('falls back to its own address, and writes IPv6 and sockets as pg_hba.conf does', () => {
  const refused = report('28000', 'pg_hba.conf rejects', 'ClientAuthentication')
  expect(loginError(refused, attempt).hint).toContain('192.168.7.7/32')
  expect(loginError(refused, { ...attempt, localAddress: 'fd00::1' }).hint).toContain('fd00::1/128')
  expect(loginError(refused, { ...attempt, overSocket: true }).hint).toContain(
    '"local replication backup scram-sha-256"',
  )
})

it('tells full WAL senders from full connections and full slots', () => {
  const occasion = { host: 'db1', user: 'backup', statement: 'x' }
  const senders = report('53300', 'number of requested standby connections exceeds max_wal_senders (currently 10)')
  expect(serverError(senders, occasion).code).toBe('POSTGRES_WAL_SENDERS_EXHAUSTED')
  expect(serverError(report('53300', 'sorry, too many clients already'), occasion)).toMatchObject({
    code: 'POSTGRES_CONNECTIONS_EXHAUSTED',
    retryable: true,
  })
  expect(serverError(report('53400', 'all replication slots are in use'), occasion).code).toBe(
    'POSTGRES_SLOTS_EXHAUSTED',
  )
})

it('keeps the SQLSTATE of every error of the server for callers', () => {
  const occasion = { host: 'db1', user: 'backup', statement: 'SELECT …' }
  for (const state of ['42P01', '42501', '53300', '57P01', '57P03']) {
    expect(sqlStateOf(serverError(report(state, 'no'), occasion))).toBe(state)
    expect(sqlStateOf(loginError(report(state, 'no'), attempt))).toBe(state)
  }
  expect(sqlStateOf(new Error('ours'))).toBeUndefined()
})

it('says which ALTER ROLE gives the missing privilege', () => {
  const occasion = { host: 'db1', user: 'my "user"', statement: 'x' }
  const old = report('42501', 'must be superuser or replication role to start walsender', 'InitPostgres')
  expect(serverError(old, occasion).hint).toBe('Run ALTER ROLE "my ""user""" REPLICATION; as a superuser.')
})
