import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { expect, it } from 'vitest'
import { makeCertificates } from '../../postgresql/testing/test-certificates.ts'
import { startMariadb } from '../testing/mariadb-server.ts'
import { readBackup } from '../testing/read-backup.ts'
import { account } from '../testing/test-server.ts'
import { connectMysql } from './connect.ts'
import type { MysqlTarget } from './target.ts'

const ctx = quietContext()

it('compares the certificate with the authority, and with the name or the address of the server, as the programs do', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-tls-'))
  chmodSync(directory, 0o755)
  const { root, server: own } = await makeCertificates(directory, account)
  const openssl = (...words: string[]): unknown => execFileSync('openssl', words, { cwd: directory, stdio: 'pipe' })
  writeFileSync(join(directory, 'named.ext'), 'subjectAltName=DNS:localhost\n')
  openssl('req', '-new', '-key', own.key, '-out', 'named.csr', '-subj', '/CN=named')
  const signed = ['-CA', root, '-CAkey', 'root.key', '-CAcreateserial', '-days', '2', '-extfile', 'named.ext']
  openssl('x509', '-req', '-in', 'named.csr', '-out', 'named.crt', ...signed)
  await using server = await startMariadb({
    binlog: '',
    arguments: [`--ssl-ca=${root}`, `--ssl-cert=${own.certificate}`, `--ssl-key=${own.key}`],
  })
  await server.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int)'])
  const target = (host: string, tls: MysqlTarget['tls']): MysqlTarget => ({ ...server.target(), host, tls })
  const both = { mode: 'verify-identity', authority: root } as const
  const reach = async (one: MysqlTarget): Promise<string> => {
    try {
      await using _session = await connectMysql(one, ctx)
      return (await readBackup(one)).manifest.method
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
  }
  expect(await reach(target('127.0.0.1', both))).toBe('logical')
  copyFileSync(join(directory, 'named.crt'), own.certificate)
  await server.sql('FLUSH SSL')
  expect(await reach(target('localhost', both))).toBe('logical')
  // it is the certificate of "localhost" only
  expect(await reach(target('127.0.0.1', both))).toContain("does not match certificate's altnames")
  expect(await reach(target('127.0.0.1', { mode: 'verify-ca', authority: root }))).toBe('logical')
  expect(await reach(target('127.0.0.1', { mode: 'verify-ca' }))).toContain('no TLS connection')
  expect(await reach(target('127.0.0.1', { mode: 'required' }))).toBe('logical')
  rmSync(directory, { recursive: true })
}, 60_000)
