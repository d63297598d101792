import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseMysqlTarget } from './parse-target.ts'

const surroundings = { variable: () => undefined, homeDirectory: '/nowhere', userName: 'me' }

it('reads host, port, user, database and settings of an address', () => {
  const target = parseMysqlTarget(
    'mysql://back%40up@[::1]:3307/shop%20a?ssl-mode=VERIFY_CA&ssl_ca=/ca.pem',
    surroundings,
  )
  expect(target).toMatchObject({ host: '::1', port: 3307, user: 'back@up', database: 'shop a', passwordInText: false })
  expect(target.tls).toEqual({ mode: 'verify-ca', authority: '/ca.pem' })
  expect(parseMysqlTarget('mariadb://db1', surroundings)).toMatchObject({ host: 'db1', port: 3306, user: 'me' })
  expect(parseMysqlTarget('mysql://localhost?socket=/run/s.sock', surroundings).socket).toBe('/run/s.sock')
})

it('takes the password from MYSQL_PWD or ~/.my.cnf, and tells when it stood in the address', () => {
  const homeDirectory = mkdtempSync(join(tmpdir(), 'holdfast-mycnf-'))
  writeFileSync(join(homeDirectory, '.my.cnf'), '[mysqld]\npassword=no\n[client]\nuser = "app"\npassword="a\\"b#c"\n')
  expect(parseMysqlTarget('mysql://db1', { ...surroundings, homeDirectory })).toMatchObject({
    user: 'app',
    password: 'a"b#c',
  })
  const variable = (name: string): string | undefined => (name === 'MYSQL_PWD' ? 'secret' : undefined)
  expect(parseMysqlTarget('mysql://db1', { ...surroundings, homeDirectory, variable }).password).toBe('secret')
  expect(parseMysqlTarget('mysql://me:open@db1', surroundings)).toMatchObject({
    password: 'open',
    passwordInText: true,
  })
})

it('takes from ~/.my.cnf the socket of this machine, and how the server is to be verified', () => {
  const homeDirectory = mkdtempSync(join(tmpdir(), 'holdfast-mycnf-'))
  const parse = (text: string, own: string) => {
    writeFileSync(join(homeDirectory, '.my.cnf'), `[client]\nsocket=/run/my.sock\n${own}`)
    return parseMysqlTarget(text, { ...surroundings, homeDirectory })
  }
  expect(parse('mysql://root@localhost/shop', '').socket).toBe('/run/my.sock')
  for (const other of ['mysql://root@localhost:3307', 'mysql://root@db1', 'mysql://localhost,db2']) {
    expect(parse(other, '').socket, other).toBeUndefined()
  }
  const modes = [
    ['ssl-verify-server-cert\nssl-ca=/ca.pem\n', 'verify-identity'],
    ['ssl-verify-server-cert=OFF\nssl\n', 'required'],
    ['ssl-mode=VERIFY_CA\nssl-verify-server-cert\n', 'verify-ca'],
    ['skip-ssl\n', 'disabled'],
    ['ssl=0\n', 'disabled'],
    ['', 'preferred'],
  ] as const
  for (const [own, mode] of modes) expect(parse('mysql://db1', own).tls.mode, own).toBe(mode)
  expect(parse('mysql://db1?ssl-mode=required', 'ssl-verify-server-cert\n').tls.mode).toBe('required')
})

it.each([
  ['mysql://', 'no address'],
  ['mysql:///shop', 'names no host'],
  ['mysql://me@/shop', 'names no host'],
  ['http://db1', 'no address'],
  ['mysql://db1?sslmode=require', 'has no setting "sslmode"'],
  ['mysql://db1?ssl-mode=maybe', 'ssl-mode is "maybe"'],
  ['mysql://db1?connect-timeout=soon', 'connect-timeout is "soon"'],
  ['mysql://a%zz@db1', 'percent sign'],
])('refuses %s', (text, reason) => {
  expect(() => parseMysqlTarget(text, surroundings)).toThrow(reason)
})

it('reads several hosts, of which one may take over from another', () => {
  const target = parseMysqlTarget('mysql://me@db1:3307,[::1],db3:3308/shop?connect-timeout=5', surroundings)
  expect(target).toMatchObject({ host: 'db1', port: 3307, user: 'me', database: 'shop', connectTimeoutMs: 5000 })
  expect(target.others).toEqual([
    { host: '::1', port: 3306 },
    { host: 'db3', port: 3308 },
  ])
  expect(() => parseMysqlTarget('mysql://db1,/shop', surroundings)).toThrow('is no host')
  expect(() => parseMysqlTarget('mysql://db1,db2?socket=/s', surroundings)).toThrow('several hosts and a socket')
})
