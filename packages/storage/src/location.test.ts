import { resolve } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import { describe, expect, test } from 'vitest'
import { formatLocation, parseLocation } from './location.ts'

describe('a location', () => {
  test.each([
    ['/srv/backup', '/srv/backup'],
    ['./a:b', resolve('a:b')],
    ['backup', resolve('backup')],
    ['local:with:colon', resolve('with:colon')],
  ])('%s is a path', (text, path) => {
    expect(parseLocation(text)).toEqual({ kind: 'local', path })
  })

  test.each([
    ['s3:https://minio.example:9000/bucket/some/prefix/', 'https://minio.example:9000', 'bucket', 'some/prefix'],
    ['s3:http://127.0.0.1:9000/bucket', 'http://127.0.0.1:9000', 'bucket', ''],
    ['s3:s3.amazonaws.com/bucket/prefix', 'https://s3.amazonaws.com', 'bucket', 'prefix'],
    ['s3://s3.eu-west-1.amazonaws.com/bucket', 'https://s3.eu-west-1.amazonaws.com', 'bucket', ''],
    ['s3:localhost/bucket', 'https://localhost', 'bucket', ''],
    ['s3:https://host/bucket//double/', 'https://host', 'bucket', 'double'],
  ])('%s is a bucket', (text, endpoint, bucket, prefix) => {
    expect(parseLocation(text)).toEqual({ kind: 's3', endpoint, bucket, prefix })
  })

  test('a REST server is a URL, with a slash at its end and its credentials taken out', () => {
    expect(parseLocation('rest:https://me%40x:p%3A%2Fw@host:8000/path')).toEqual({
      kind: 'rest',
      scheme: 'https',
      host: 'host:8000',
      path: '/path/',
      username: 'me@x',
      password: 'p:/w',
    })
    expect(parseLocation('rest:http://host')).toEqual({ kind: 'rest', scheme: 'http', host: 'host', path: '/' })
  })

  test('a REST server may be behind a Unix socket', () => {
    const location = parseLocation('rest:http+unix:///run/rest.sock:/path/')
    expect(location).toMatchObject({ kind: 'rest', socketPath: '/run/rest.sock', path: '/path/' })
    expect(formatLocation(location)).toBe('rest:http+unix:///run/rest.sock:/path/')
  })

  test.each([
    ['', 'empty'],
    ['local:', 'path is empty'],
    ['a\0b', 'zero byte'],
    ['sftp:host:/path', 'sftp: is not a kind of storage'],
    ['backup:old', 'written local:path'],
    ['https://host/path', 'put rest: or s3: before it'],
    ['s3:', 'not a valid URL'],
    ['s3:https://host/', 'bucket is missing'],
    ['s3://mybucket/prefix', 'mybucket is not a host'],
    ['s3:https://host/bucket?x=1', '? or #'],
    ['s3:https://host/bucket/a%2F..%2Fb', 'holds . or ..'],
    ['s3:https://key:secret@host/bucket', 'keys do not belong in it'],
    ['s3:https://host/bucket/%zz', '% in it'],
    ['rest:host/path', 'after rest: comes'],
    ['rest:https://', 'not a valid URL'],
    ['rest:https://me:%zz@host/', '% in it'],
    ['rest:http://host:port/', 'not a valid URL'],
  ])('%j is refused with a reason', (text, reason) => {
    expect(() => parseLocation(text)).toThrow(reason)
    expect(() => parseLocation(text)).toThrow(AppError)
  })

  test.each([
    'rest:https://me:pa:ss@wo/rd@host:port/',
    'rest:https://me:sec@ret@host/?x',
    'rest:ftp://me:secret@host/',
    's3:https://key:secret@host/bucket',
    'https://me:secret@host/',
  ])('%s is refused without showing the password', (text) => {
    const error = (() => {
      try {
        return parseLocation(text)
      } catch (refused) {
        return refused
      }
    })()
    expect(error).toBeInstanceOf(AppError)
    for (const part of ['secret', 'sec@ret', 'wo/rd', 'pa:ss']) {
      expect(String(error)).not.toContain(part)
    }
  })

  test('a location with a password is shown without it', () => {
    expect(formatLocation(parseLocation('rest:http://me:secret@host:8000/x/'))).toBe('rest:http://me:***@host:8000/x/')
    expect(formatLocation(parseLocation('s3:host.example/bucket/x'))).toBe('s3:https://host.example/bucket/x')
  })
})
