import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlobIndex } from '../engine/blob-index.ts'
import { encodeTree, parseTree } from '../format/tree.ts'
import { directoryNode, fileNode } from './built-repository.ts'
import { inspectTree, type TreeProblem } from './inspect-tree.ts'
import { outlineTree } from './tree-outline.ts'

const id = 'ab'.repeat(32)

const known = new Set(['file', 'dir', 'symlink', 'dev', 'chardev', 'fifo', 'socket', 'irregular'])

/** What a tree is judged as: its nodes, or that it is damaged. */
function judge(read: () => readonly { name: unknown; type: string; content: unknown; subtree?: string }[]): unknown {
  try {
    return read().map(({ name, type, content, subtree }) => [
      String(name),
      known.has(type) ? type : '?',
      content,
      subtree,
    ])
  } catch {
    return 'damaged'
  }
}

function bothJudge(json: string): { outline: unknown; full: unknown } {
  const bytes = Buffer.from(json)
  return { outline: judge(() => outlineTree(bytes, id)), full: judge(() => parseTree(bytes, id)) }
}

const plain = encodeTree([fileNode('a', [id]), directoryNode('b', id), fileNode('c', [])]).toString()

describe('the outline of a tree', () => {
  test('says what reading it in full says', () => {
    const { outline, full } = bothJudge(plain)
    expect(outline).toEqual(full)
    expect(outline).toHaveLength(3)
  })

  test.each([
    ['"name":"a"', '"name":".."'],
    ['"name":"a"', '"name":""'],
    ['"name":"a"', '"name":"x/y"'],
    ['"name":"a"', '"name":"\\\\x2f"'],
    ['"name":"a"', '"name":"\\\\xff"'],
    ['"name":"a"', '"name":"\\u0000"'],
    ['"name":"b"', '"name":"a"'],
    ['"name":"c"', '"name":"B"'],
    ['"name":"b"', '"name":"\uffff"'],
    ['"type":"file"', '"type":"novel"'],
    ['"type":"file"', '"type":5'],
    ['1970-01-01T00', '1970-02-30T00'],
    ['1970-01-01T00', '1970-01-31T00'],
    ['1970-01-01T00', '1970-01-01T24'],
    ['"mode":420', '"mode":-1'],
    ['"mode":420', '"mode":4294967296'],
    ['"uid":0', '"uid":null'],
    ['"uid":0', '"uid":"0"'],
    ['"content":["', '"content":["x'],
    ['"content":[]', '"content":null'],
    ['"content":[]', '"content":{}'],
    ['"subtree":"ab', '"subtree":"AB'],
    ['"content":[]', '"content":[],"inode":18446744073709551615'],
    ['"content":[]', '"content":[],"inode":28446744073709551615'],
    ['"content":[]', '"content":[],"extended_attributes":[{"name":"user.a","value":"eA=="}]'],
    ['"content":[]', '"content":[],"extended_attributes":[{"name":"user.a","value":"eA"}]'],
    ['"content":[]', '"content":[],"extended_attributes":[{"name":"user.a","value":null}]'],
    ['"content":[]', '"content":[],"linktarget_raw":"/w=="'],
    ['"content":[]', '"content":[],"unknown":{"content":["x"]}'],
    ['{"nodes":[', '{"nodes":{'],
    [']}\n', ']'],
  ])('judges as the full reading when %s becomes %s', (from, to) => {
    const { outline, full } = bothJudge(plain.replace(from, to))
    expect(outline).toEqual(full)
  })

  test('never judges otherwise than the full reading after any small change', () => {
    const change = fc.record({ at: fc.nat(plain.length - 1), remove: fc.nat(3), insert: fc.string({ maxLength: 3 }) })
    fc.assert(
      fc.property(change, ({ at, remove, insert }) => {
        const { outline, full } = bothJudge(plain.slice(0, at) + insert + plain.slice(at + remove))
        expect(outline).toEqual(full)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('inspecting a tree', () => {
  function problemsOf(json: string): TreeProblem[] {
    const problems: TreeProblem[] = []
    const visitor = { data: () => {}, subtree: () => {}, problem: (each: TreeProblem) => void problems.push(each) }
    inspectTree(Buffer.from(json), id, BlobIndex.create(1), visitor)
    return problems
  }

  test.each([
    ['a file whose content is null', encodeTree([fileNode('f', null)]).toString(), 'the file has no list of content'],
    [
      'a directory without a tree',
      '{"nodes":[{"name":"d","type":"dir","content":null}]}\n',
      'the directory has no tree',
    ],
    ['an unknown type', '{"nodes":[{"name":"d","type":"door","content":null}]}\n', 'it has the unknown type "door"'],
    ['an empty id', encodeTree([fileNode('f', ['0'.repeat(64)])]).toString(), 'its content has an empty id'],
    ['an empty subtree', encodeTree([directoryNode('f', '0'.repeat(64))]).toString(), 'the directory has an empty id'],
  ])('reports %s', (_what, json, reason) => {
    expect(problemsOf(json)).toEqual([{ kind: 'node-invalid', treeId: id, name: expect.any(String), reason }])
  })

  test('accepts an empty file, and reports what the index does not know', () => {
    expect(problemsOf(encodeTree([fileNode('f', [])]).toString())).toEqual([])
    expect(problemsOf(plain)).toEqual([
      { kind: 'blob-missing', id, treeId: id, name: 'a' },
      { kind: 'tree-missing', id, treeId: id, name: 'b' },
    ])
  })
})
