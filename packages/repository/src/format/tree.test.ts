import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Node } from './node.ts'
import { nodesArbitrary } from './node-arbitrary.ts'
import { encodeRawTree, encodeTree, parseTree, rawNodes, readTree } from './tree.ts'

const treeId = 'ab'.repeat(32)
const parse = (json: string): Node[] => parseTree(Buffer.from(json), treeId)
const tree = (...nodes: string[]): string => `{"nodes":[${nodes.join(',')}]}\n`
const file = (name: string, more = ''): string =>
  `{"name":${JSON.stringify(name)},"type":"file","mtime":"2024-01-01T00:00:00Z","atime":"2024-01-01T00:00:00Z",` +
  `"ctime":"2024-01-01T00:00:00Z","uid":0,"gid":0,"content":[]${more}}`

test('any directory reads back', () => {
  fc.assert(
    fc.property(nodesArbitrary, (nodes) => {
      expect(parseTree(encodeTree(nodes), treeId)).toEqual(nodes)
    }),
  )
})

test('an empty directory ends with a line break, which belongs to the hash', () => {
  expect(encodeTree([]).toString()).toBe('{"nodes":[]}\n')
  expect(parse('{"nodes":[]}\n')).toEqual([])
  expect(parse('{"nodes":null}\n')).toEqual([])
})

test('the JSON of single nodes can be taken out and put together again, unknown keys included', () => {
  fc.assert(
    fc.property(nodesArbitrary, (nodes) => {
      const bytes = encodeTree(nodes)
      const parts = rawNodes(bytes, treeId)
      expect(parts).toHaveLength(nodes.length)
      expect(encodeRawTree(parts)).toEqual(bytes)
    }),
  )
  const bytes = Buffer.from(tree(file('a', ',"future":{"x":["}",1]}'), file('b')))
  expect(encodeRawTree(rawNodes(bytes, treeId).slice(0, 1)).toString()).toBe(tree(file('a', ',"future":{"x":["}",1]}')))
})

test('a directory too large for one text is read piece by piece, with the same result', () => {
  const nodes = parse(tree(file('x', `,"user":"${'u'.repeat(1000)}\\"},{"`)))
  const [first] = nodes
  if (first === undefined) throw new Error('one node was expected')
  const many = Array.from({ length: 15_000 }, (_, at): Node => {
    return { ...first, name: Buffer.from(String(at).padStart(8, '0')), inode: BigInt(at) << 49n }
  })
  const bytes = encodeTree(many)
  expect(bytes.length).toBeGreaterThan(16 << 20)
  let at = 0
  let different = 0
  for (const node of readTree(bytes, treeId)) {
    const expected = many[at++]
    if (expected?.name.equals(node.name) !== true || node.inode !== expected.inode) different++
  }
  expect(different).toBe(0)
  expect(at).toBe(many.length)
})

describe('a node', () => {
  test('has its keys in the order of restic, zero values left out', () => {
    const [node] = parse(tree(file('a')))
    if (node === undefined) throw new Error('one node was expected')
    const full: Node = {
      ...node,
      ...{ mode: 1, user: 'u', group: 'g', inode: 2n, deviceId: 3n, size: 4, links: 5, device: 6n, error: 'e' },
      linkTarget: Buffer.from('\xff', 'latin1'),
      extendedAttributes: [
        { name: Buffer.from('b'), value: Buffer.alloc(0) },
        { name: Buffer.from('a'), value: Buffer.from('v') },
      ],
      subtree: treeId,
    }
    const json = encodeTree([full]).toString()
    const keys = 'nodes name type mode mtime atime ctime uid gid user group inode device_id size links linktarget '
    const tail = 'linktarget_raw extended_attributes name value name value device content subtree error'
    expect([...json.matchAll(/"(\w+)":/g)].map((match) => match[1]).join(' ')).toBe(keys + tail)
    expect(json).toContain('"linktarget":"\\ufffd","linktarget_raw":"/w=="')
    expect(json).toContain('[{"name":"b","value":""},{"name":"a","value":"dg=="}]')
  })

  test('keeps 64-bit numbers exactly', () => {
    const json = tree(file('a', ',"inode":18446744073709551615,"device_id":9007199254740993,"device":1'))
    expect(parse(json)[0]).toMatchObject({ inode: 18446744073709551615n, deviceId: 9007199254740993n, device: 1n })
  })

  test('may say something like a number in a text', () => {
    const text = ',"inode":9007199254740993}'
    expect(parse(tree(file('a', `,"user":${JSON.stringify(text)}`)))[0]?.user).toBe(text)
  })

  test('may lack its content or subtree, which is for check to report', () => {
    const bare = '{"name":"d","type":"dir","content":null}'
    expect(parse(tree(file('a').replace('[]', 'null'), bare))).toMatchObject([{ content: null }, { type: 'dir' }])
  })

  test('of a type that is not known yet can be read', () => {
    expect(parse(tree(file('a').replace('"file"', '"whiteout"')))[0]?.type).toBe('unknown')
  })

  test('with unknown keys can be read', () => {
    expect(parse(tree(file('a', ',"future":[{"nodes":[]}]')))).toHaveLength(1)
  })

  test('keeps the attributes of Windows as they are', () => {
    const json = tree(file('a').replace(',"content"', ',"generic_attributes":{"windows.x":"AQ=="},"content"'))
    expect(encodeTree(parse(json)).toString()).toContain('"generic_attributes":{"windows.x":"AQ=="},"content"')
  })

  test.each(['', '.', '..', 'a/b', '/', '../x', 'a\\x00b', '\\x2e\\x2e', '\\x2e', 'a\\x2fb', 'a\\057b', '\\u002e'])(
    'must not be called %j',
    (name) => {
      expect(() => parse(tree(file(name)))).toThrow(/tree abababab is damaged: the name .* is not allowed/)
    },
  )

  test.each(['...', '.a', 'a.', ' ', '-', '~', 'C:\\\\x'])('may be called %j', (name) => {
    expect(parse(tree(file(name)))).toHaveLength(1)
  })
})

describe('a tree is damaged', () => {
  test.each([
    ['names repeat', tree(file('a'), file('a'))],
    ['names are out of order', tree(file('b'), file('a'))],
    // UTF-16 would sort these the other way round
    ['names are in the order of UTF-16', tree(file('\u{1f600}'), file('\uffee'))],
    ['a name repeats under another escape', tree(file('a'), file('\\x61'))],
    ['a name is malformed', tree(file('\\q'))],
    ['it is cut off', tree(file('a')).slice(0, -4)],
    ['it is no JSON', 'x'],
    ['it is a list', '[]'],
    ['a node is a number', tree('1')],
    ['a time is none', tree(file('a').replace('2024', '24'))],
    ['a content id is short', tree(file('a').replace('[]', '["ab"]'))],
    ['a number is negative', tree(file('a', ',"size":-1'))],
    ['a number is a fraction', tree(file('a', ',"links":0.5'))],
    ['an inode has 65 bits', tree(file('a', ',"inode":18446744073709551616'))],
    ['an attribute is not base64', tree(file('a', ',"extended_attributes":[{"name":"a","value":"?"}]'))],
    ['content is an object', tree(file('a').replace('[]', '{}'))],
  ])('when %s', (_what, json) => {
    expect(() => parse(json)).toThrow(/tree abababab is damaged/)
  })
})
