import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { parsePostgresTarget } from './parse-target.ts'
import { describeTarget, type PostgresTarget } from './target.ts'

const home = mkdtempSync(join(tmpdir(), 'holdfast-target-'))
afterAll(() => rmSync(home, { recursive: true }))

function parse(text: string, variables: Record<string, string> = {}): PostgresTarget {
  const surroundings = { variable: (name: string) => variables[name], homeDirectory: home, userName: 'me' }
  return parsePostgresTarget(text, surroundings, quietContext())
}

function refusal(text: string, variables: Record<string, string> = {}): string {
  try {
    parse(text, variables)
  } catch (error) {
    if (isAppError(error, 'POSTGRES_TARGET_INVALID')) return `${error.message} ${error.hint}`
    throw error
  }
  throw new Error(`${text} was taken`)
}

describe('a connection text', () => {
  it('may be a URI with several hosts, parameters and escapes', () => {
    const target = parse(
      'postgresql://ba%40ckup:s%2Fecret@db1:5433,[2001:db8::1],db3/my%20shop?sslmode=require&target_session_attrs=primary',
    )
    expect(target).toMatchObject({
      hosts: [
        { host: 'db1', port: 5433 },
        { host: '2001:db8::1', port: 5432 },
        { host: 'db3', port: 5432 },
      ],
      user: 'ba@ckup',
      password: 's/ecret',
      passwordInText: true,
      database: 'my shop',
      tls: { mode: 'require' },
      sessionWanted: 'primary',
    })
    expect(describeTarget(target)).toBe('ba@ckup@db1:5433,[2001:db8::1]:5432,db3:5432/my shop')
  })

  it('is known to hold a password, also that of a key', () => {
    expect(parse('postgresql://db1/?sslpassword=secret').passwordInText).toBe(true)
    expect(parse('postgresql://db1/', { PGPASSWORD: 'secret' }).passwordInText).toBe(false)
  })

  it('may be pairs with quotes and escapes', () => {
    expect(
      parse(
        String.raw`host=db1 user = 'o''x'`.replace("''", String.raw`\'`) + String.raw` password='a b\\c' dbname=x\ y`,
      ),
    ).toMatchObject({
      hosts: [{ host: 'db1', port: 5432 }],
      user: "o'x",
      password: String.raw`a b\c`,
      database: 'x y',
    })
  })

  it('may name a socket directory, in both forms', () => {
    expect(parse('postgresql:///shop?host=/run/pg&port=5439').hosts).toEqual([{ host: '/run/pg', port: 5439 }])
    expect(parse('postgresql://%2Frun%2Fpg/shop').hosts).toEqual([{ host: '/run/pg', port: 5432 }])
    expect(parse('host=/run/pg').hosts).toEqual([{ host: '/run/pg', port: 5432 }])
  })

  it('may give an address for a name', () => {
    expect(parse('host=db1.example hostaddr=10.0.0.5').hosts).toEqual([
      { host: 'db1.example', address: '10.0.0.5', port: 5432 },
    ])
  })

  it('may leave everything open', () => {
    expect(parse('')).toMatchObject({
      user: 'me',
      passwordInText: false,
      tls: { mode: 'prefer' },
      sessionWanted: 'any',
    })
  })

  it.each([
    ['mysql://db1/shop', /another scheme/],
    ['just words', /neither a URI nor/],
    ['host=db1 port', /follows host/],
    ['host=db1,db2 port=1,2,3', /2 hosts and 3 ports/],
    ['host=db1 port=70000', /between 1 and 65535/],
    ['host=db1 sslmode=verify', /sslmode is one of prefer, disable/],
    ['host=db1 ssl_mode=require', /write it sslmode/],
    ['host=db1 colour=blue', /setting colour is not known/],
    ['host=db1 requirepeer=postgres', /not possible here/],
    ['host=db1 connect_timeout=soon', /whole number of seconds/],
    ['host=db1 sslnegotiation=direct', /sslmode=require or stronger/],
    ['host=db1 sslrootcert=system sslmode=require', /use sslmode=verify-full/],
    ['host=db1 service=nowhere', /no service nowhere/],
    ['postgresql://db1?sslmode', /has no value/],
    ['postgresql://u%zz@db1', /percent sign/],
  ])('is refused when it is %j', (text, reason) => {
    expect(refusal(text)).toMatch(reason)
  })

  it.each([
    'postgresql://u:hunter@two@db1/x',
    'postgresql://u:hunter/two@db1/x',
    'postgresql://u:hunter:two/@db1',
    'host=db1 password="hunter two"',
  ])('never shows a password that is not written as it should be: %j', (text) => {
    expect(refusal(text)).not.toMatch(/hunter|two/)
  })

  it('is parsed or refused with one code, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `postgresql://${text}`),
        ),
        (text) => {
          try {
            parse(text)
          } catch (error) {
            expect(isAppError(error, 'POSTGRES_TARGET_INVALID')).toBe(true)
          }
        },
      ),
    )
  })
})

describe('what the text leaves open', () => {
  it('comes from the variables', () => {
    expect(
      parse('dbname=shop', {
        PGHOST: 'db7',
        PGPORT: '6000',
        PGUSER: 'env',
        PGPASSWORD: 'secret',
        PGSSLMODE: 'verify-full',
      }),
    ).toMatchObject({
      hosts: [{ host: 'db7', port: 6000 }],
      user: 'env',
      password: 'secret',
      passwordInText: false,
      tls: { mode: 'verify-full' },
    })
  })

  it('comes from a service rather than from the variables, and never outweighs the text', () => {
    const file = join(home, 'services')
    writeFileSync(
      file,
      '# services\n[other]\nhost=wrong\n\n[shop]\nhost=db1\nport=6001\nuser=service\n[next]\nhost=wrong\n',
    )
    const variables = { PGSERVICEFILE: file, PGHOST: 'db7', PGDATABASE: 'env' }
    expect(parse('service=shop user=text', variables)).toMatchObject({
      hosts: [{ host: 'db1', port: 6001 }],
      user: 'text',
      database: 'env',
    })
    expect(parse('', { ...variables, PGSERVICE: 'shop' }).user).toBe('service')
  })

  it('comes from ~/.pg_service.conf, else from the system’s folder', () => {
    const folder = mkdtempSync(join(home, 'etc-'))
    writeFileSync(join(folder, 'pg_service.conf'), '[far]\nhost=far\n')
    writeFileSync(join(home, '.pg_service.conf'), '[near]\nhost=near\n')
    expect(parse('service=near', { PGSYSCONFDIR: folder }).hosts[0]?.host).toBe('near')
    expect(parse('service=far', { PGSYSCONFDIR: folder }).hosts[0]?.host).toBe('far')
  })

  it('is refused in a service file that is wrong, with the line', () => {
    const file = join(home, 'broken')
    writeFileSync(file, '[shop]\nhost db1\n')
    expect(refusal('service=shop', { PGSERVICEFILE: file })).toMatch(/line 2 of .*broken/)
  })

  it('includes the password, from the password file', () => {
    writeFileSync(join(home, '.pgpass'), '*:*:*:*:secret', { mode: 0o600 })
    expect(parse('host=db1').passwordLines).toHaveLength(1)
    expect(parse('host=db1 password=x').passwordLines).toEqual([])
    expect(parse('host=db1', { PGPASSFILE: join(home, 'none') }).passwordLines).toEqual([])
  })
})

it('reads which ways to log in are permitted', () => {
  expect(parse('require_auth=scram-sha-256').loginMethods).toEqual(['scram-sha-256'])
  expect(parse('require_auth=!password,!md5').loginMethods).toEqual(['scram-sha-256', 'none'])
  expect(refusal('require_auth=magic')).toMatch(/require_auth/)
})
