import { assert, constantFrom, property, string, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { parseGatewayPath } from './gateway-path.ts'

const name = '0123456789abcdef'.repeat(4)

test('reads the paths of restic’s protocol', () => {
  const target = (rest: string) => parseGatewayPath(`/gateway/near/${rest}`)?.target
  expect(target('')).toEqual({ kind: 'root', isCreate: false })
  expect(target('?create=true')).toEqual({ kind: 'root', isCreate: true })
  expect(target('config')).toEqual({ kind: 'config' })
  expect(target('keys/')).toEqual({ kind: 'listing', type: 'key' })
  expect(target(`snapshots/${name}`)).toEqual({ kind: 'file', file: { type: 'snapshot', name } })
})

test('reads the name of a repository in any script', () => {
  expect(parseGatewayPath('/gateway/%EC%A0%80%EC%9E%A5%EC%86%8C/config')?.repository).toBe('저장소')
})

test('takes nothing that would have to be normalised', () => {
  const odd = [
    '/gateway',
    '/gateway/near',
    '/gateway//config',
    '/gateway/near//config',
    '/gateway/near/config/',
    '/gateway/near/config?create=true',
    '/gateway/near/?create=false',
    '/gateway/near/config#x',
    '/gateway/near/data',
    `/gateway/near/data/${name}/`,
    `/gateway/near/data/01/${name}`,
    `/gateway/near/data/${name.toUpperCase()}`,
    `/gateway/near/data/${name.slice(1)}`,
    `/gateway/near/data/%30${name.slice(1)}`,
    `/gateway/near/tips/${name}`,
    `/gateway/near/../far/data/${name}`,
    `http://elsewhere/gateway/near/config`,
    '/gateway/%/config',
    '/gateway/%ff/config',
  ]
  expect(odd.filter((url) => parseGatewayPath(url) !== undefined)).toEqual([])
})

test('gives back what a URL says, whatever it says', () => {
  const folders = constantFrom('data', 'index', 'keys', 'locks', 'snapshots', 'tips', '..', '')
  assert(
    property(tuple(string(), folders, string()), ([repository, folder, rest]) => {
      const path = parseGatewayPath(`/gateway/${repository}/${folder}/${rest}`)
      if (path?.target.kind === 'file') expect(path.target.file.name).toBe(rest)
      if (path?.target.kind === 'listing') expect(rest).toBe('')
    }),
  )
})
