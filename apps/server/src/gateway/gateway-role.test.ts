import { expect, test } from 'vitest'
import type { GatewayTarget } from './gateway-path.ts'
import { type GatewayMethod, permissionFor } from './gateway-role.ts'

const methods: readonly GatewayMethod[] = ['GET', 'HEAD', 'POST', 'DELETE']
const name = 'a'.repeat(64)
const targets: Readonly<Record<string, GatewayTarget>> = {
  root: { kind: 'root', isCreate: false },
  create: { kind: 'root', isCreate: true },
  config: { kind: 'config' },
}
const types = ['data', 'index', 'key', 'lock', 'snapshot'] as const

/** "GET HEAD:own", in the order of the methods; what is refused is left out */
function row(role: 'append-only' | 'write-only', target: GatewayTarget): string {
  const allowed = methods.map((method) => [method, permissionFor(role, method, target)] as const)
  return allowed
    .filter(([, permission]) => permission !== 'no')
    .map(([method, permission]) => (permission === 'own' ? `${method}:own` : method))
    .join(' ')
}

test('what each role may do is this, and nothing else', () => {
  const table = (role: 'append-only' | 'write-only') =>
    Object.fromEntries([
      ...Object.entries(targets).map(([label, target]) => [label, row(role, target)]),
      ...types.map((type) => [`${type}/`, row(role, { kind: 'listing', type })]),
      ...types.map((type) => [type, row(role, { kind: 'file', file: { type, name } })]),
    ])
  expect(table('append-only')).toEqual({
    ...{ root: '', create: '', config: 'GET HEAD' },
    ...{ 'data/': 'GET', 'index/': 'GET', 'key/': 'GET', 'lock/': 'GET', 'snapshot/': 'GET' },
    data: 'GET HEAD POST',
    index: 'GET HEAD POST',
    key: 'GET HEAD',
    lock: 'GET HEAD POST DELETE:own',
    snapshot: 'GET HEAD POST',
  })
  expect(table('write-only')).toEqual({
    ...{ root: '', create: '', config: 'GET HEAD' },
    ...{ 'data/': '', 'index/': 'GET', 'key/': 'GET', 'lock/': 'GET', 'snapshot/': 'GET:own' },
    data: 'HEAD POST',
    index: 'GET HEAD POST',
    key: 'GET HEAD',
    lock: 'GET HEAD POST DELETE:own',
    snapshot: 'GET:own HEAD POST',
  })
})
