import { expect, it } from 'vitest'
import type { MysqlTarget } from '../connection/target.ts'
import { chooseLocalHost } from './choose-local-host.ts'

const target = (host: string): MysqlTarget => ({
  host,
  port: 3306,
  user: 'root',
  passwordInText: false,
  tls: { mode: 'preferred' },
  connectTimeoutMs: 1000,
})

it('takes the host on this machine out of several, and none whose files are elsewhere', async () => {
  // of RFC 5737, nobody's
  const elsewhere = target('192.0.2.1')
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    expect(await chooseLocalHost(target(host))).toEqual(target(host))
  }
  const both: MysqlTarget = { ...elsewhere, others: [{ host: '127.0.0.1', port: 3307 }] }
  expect(await chooseLocalHost(both)).toEqual({ ...target('127.0.0.1'), port: 3307 })
  expect(await chooseLocalHost({ ...elsewhere, socket: '/run/s' })).toMatchObject({ socket: '/run/s' })
  await expect(chooseLocalHost(elsewhere)).rejects.toMatchObject({
    code: 'MYSQL_FILES_ELSEWHERE',
    hint: expect.stringContaining('--data-directory'),
  })
})
