import { expect, test } from 'vitest'
import { sourceRoot } from './source-tree.ts'

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('absolute sources keep all their components below the root', () => {
  const { path, only } = sourceRoot(['/srv/app/', '/srv/data', '/etc'], '/home/me')
  expect(path).toBe('/')
  expect(plain(only)).toEqual({ srv: { app: 'all', data: 'all' }, etc: 'all' })
})

test('a source within another one adds nothing', () => {
  expect(plain(sourceRoot(['/srv', '/srv/app'], '/').only)).toEqual({ srv: 'all' })
  expect(plain(sourceRoot(['/srv/app', '/srv'], '/').only)).toEqual({ srv: 'all' })
  expect(sourceRoot(['/', '/srv'], '/').only).toBeUndefined()
})

test('relative sources lie at the root of the snapshot, a dot is its content', () => {
  expect(plain(sourceRoot(['a/b', './c'], '/home/me'))).toEqual({
    path: '/home/me',
    only: { a: { b: 'all' }, c: 'all' },
  })
  expect(sourceRoot(['.'], '/home/me')).toEqual({ path: '/home/me', only: undefined })
})

test('names that mean something to JavaScript are ordinary names', () => {
  const { only } = sourceRoot(['/__proto__/constructor'], '/')
  expect(Object.keys(only ?? {})).toEqual(['__proto__'])
})

test('a mixture, or a way upwards, is taken as absolute', () => {
  expect(plain(sourceRoot(['../x', '/srv'], '/home/me'))).toEqual({
    path: '/',
    only: { home: { x: 'all' }, srv: 'all' },
  })
})
