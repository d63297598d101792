import { expect, test } from 'vitest'
import {
  expandFilesFrom,
  type GlobFileSystem,
  parseFilesFrom,
  parseFilesFromRaw,
  parseFilesFromVerbatim,
} from './files-from.ts'

/** A tree as a list of paths. */
function treeOf(...paths: string[]): GlobFileSystem {
  const nodes = new Set(
    paths.flatMap((path) => path.split('/').map((_, index, all) => all.slice(0, index + 1).join('/'))),
  )
  return {
    exists: (path) => nodes.has(path.toString('latin1')),
    readNames: (directory) => {
      const prefix = directory.toString('latin1') === '.' ? '' : `${directory.toString('latin1')}/`.replace('//', '/')
      return [...nodes]
        .filter((path) => path.startsWith(prefix) && path !== prefix && !path.slice(prefix.length).includes('/'))
        .map((path) => Buffer.from(path.slice(prefix.length), 'latin1'))
    },
  }
}

const expand = (line: string, tree: GlobFileSystem) =>
  expandFilesFrom(line, tree).map((path) => path.toString('latin1'))

test('each kind of list has its own idea of a line', () => {
  expect(parseFilesFrom(' /a \n#c\n\n/b*\r\n')).toEqual(['/a', '/b*'])
  expect(parseFilesFromVerbatim(' /a \n#c\n\ncaf\udce9\r\n').map((path) => path.toString('latin1'))).toEqual([
    ' /a ',
    '#c',
    'caf\xe9',
  ])
  expect(parseFilesFromRaw(Buffer.from('/a\nb\0/\xe9\0', 'latin1'), 'list')).toEqual([
    Buffer.from('/a\nb'),
    Buffer.from('/\xe9', 'latin1'),
  ])
  expect(parseFilesFromRaw(Buffer.alloc(0), 'list')).toEqual([])
})

test.each(['/a\0/b', '/a\0\0', '\0'])('refuses the raw list %j', (content) => {
  expect(() => parseFilesFromRaw(Buffer.from(content), 'list')).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
  )
})

test('globs are expanded a component at a time, in byte order', () => {
  const tree = treeOf('/srv/b/x.txt', '/srv/a/x.txt', '/srv/a/y.log', '/srv/.c/x.txt', 'rel/x')
  expect(expand('/srv/*/x.*', tree)).toEqual(['/srv/.c/x.txt', '/srv/a/x.txt', '/srv/b/x.txt'])
  expect(expand('/srv/[ab]/y.log', tree)).toEqual(['/srv/a/y.log'])
  expect(expand('r*/x', tree)).toEqual(['rel/x'])
  expect(expand('/srv/**', tree)).toEqual(['/srv/.c', '/srv/a', '/srv/b'])
  expect(expand('/srv/nothing*', tree)).toEqual([])
  expect(expand('/srv/a', tree)).toEqual(['/srv/a'])
  expect(expand('/srv/gone', tree)).toEqual([])
})

test('a name that holds a glob character is found by escaping it, and names need not be UTF-8', () => {
  const tree = treeOf('/d/a*b', '/d/axb', '/d/caf\xe9')
  expect(expand('/d/a\\*b', tree)).toEqual(['/d/a*b'])
  expect(expand('/d/caf?', tree)).toEqual(['/d/caf\xe9'])
  expect(() => expand('/d/[a', tree)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
})
