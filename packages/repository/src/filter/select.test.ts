import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesComponents } from './pattern.ts'
import { compilePatterns, matchExclude, matchInclude } from './select.ts'

const excluded = (patterns: string[], path: string | Buffer, caseInsensitive = false) =>
  matchExclude(compilePatterns(patterns, { caseInsensitive }), path)

describe('matchExclude', () => {
  test.each([
    ['foo', '/foo', true],
    ['foo', '/a/foo', true],
    ['foo', '/a/foo/below/it', true],
    ['foo', '/a/food', false],
    ['foo/', '/a/foo/x', true],
    ['/foo', '/foo/x', true],
    ['/foo', '/a/foo', false],
    ['/foo/./bar//', '/foo/bar', true],
    ['/foo/x/../bar', '/foo/bar', true],
    ['/../foo', '/foo', true],
    ['a/b', '/x/a/b/c', true],
    ['a/b', '/x/a/c/b', false],
    ['a/*', '/x/a', false],
    ['a/*', '/x/a/y', true],
    ['*.o', '/src/main.o', true],
    ['*.o', '/src.o/main.c', true],
    ['/*/x', '/a/x', true],
    ['/*/x', '/a/b/x', false],
    ['/a/**/x', '/a/x', true],
    ['/a/**/x', '/a/b/c/x/y', true],
    ['/a/**/x', '/b/x', false],
    ['**/x', '/b/x', true],
    ['a/**', '/q/a', true],
    ['/**', '/anything', true],
    ['**', '/anything/else', true],
    ['a**b', '/a/b', false],
    ['a**b', '/axb', true],
    ['/', '/foo', false],
    ['/', '/', true],
    ['.', '/foo', false],
    ['', '/foo', false],
    ['b/**/**/y', '/b/y', true],
    ['/b/**/**/y', '/b/y', false],
    ['/**/a/**/b', '/x/y/a/b', false],
    ['/**/a/**/b', '/x/y/a/z/b', true],
  ])('%s against %s is %s', (pattern, path, expected) => {
    expect(excluded([pattern], path)).toBe(expected)
  })

  test('the last pattern that matches wins', () => {
    expect(excluded(['*.log', '!keep.log'], '/a/keep.log')).toBe(false)
    expect(excluded(['*.log', '!keep.log'], '/a/other.log')).toBe(true)
    expect(excluded(['!keep.log', '*.log'], '/a/keep.log')).toBe(true)
    expect(excluded(['*.log', '!keep.log', '/b'], '/b/keep.log')).toBe(true)
    expect(excluded(['/a/*', '!/a/b'], '/a/b/c')).toBe(false)
    expect(excluded(['/a/*', '!/a/b'], '/a/c/d')).toBe(true)
    expect(excluded(['\\!x'], '/!x')).toBe(true)
  })

  test('works on bytes whether the path is a string or bytes', () => {
    expect(excluded(['/caf?/x'], Buffer.from('/caf\xe9/x', 'latin1'))).toBe(true)
    expect(excluded(['/caf?/x'], '/café/x')).toBe(true)
    expect(excluded(['café'], Buffer.from('/café'))).toBe(true)
    expect(excluded(['caf\udce9'], Buffer.from('/caf\xe9', 'latin1'))).toBe(true)
  })

  test('letters of either case match when asked', () => {
    expect(excluded(['*.JPG'], '/a/x.jpg')).toBe(false)
    expect(excluded(['*.JPG'], '/a/x.jpg', true)).toBe(true)
    expect(excluded(['/[A-C]/É'], '/b/é', true)).toBe(true)
  })

  test('remembers directories without mixing them up', () => {
    const list = compilePatterns(['/a/x', '!/a/x/keep', '*.tmp'])
    const paths = ['/a/x', '/a/x/y', '/a/x/keep', '/a/x/keep/z', '/a/y/x', '/b.tmp/x', '/b.tmp', '/a/x/y']
    expect(paths.map((path) => matchExclude(list, path))).toEqual([true, true, false, false, false, true, true, true])
  })

  test('a malformed pattern is refused by name', () => {
    for (const pattern of ['[a', 'x\\', '/ok/[]/x', '![', '[A']) {
      expect(() => compilePatterns(['fine', pattern], { name: '--exclude', caseInsensitive: true })).toThrow(
        expect.objectContaining({ code: 'ARGUMENT_INVALID', details: expect.objectContaining({ value: pattern }) }),
      )
    }
  })
})

describe('matchInclude', () => {
  const included = (patterns: string[], path: string) => matchInclude(compilePatterns(patterns), path)

  test('descends only where a rooted pattern can still match', () => {
    expect(included(['/a/b/c'], '/')).toEqual({ matched: false, childMayMatch: true })
    expect(included(['/a/b/c'], '/a')).toEqual({ matched: false, childMayMatch: true })
    expect(included(['/a/b/c'], '/x')).toEqual({ matched: false, childMayMatch: false })
    expect(included(['/a/b/c'], '/a/b/c')).toEqual({ matched: true, childMayMatch: true })
    expect(included(['/a/b/c'], '/a/b/c/d')).toEqual({ matched: true, childMayMatch: true })
    expect(included(['/a/**/c'], '/a/x/y')).toEqual({ matched: false, childMayMatch: true })
    expect(included(['/a/**/c'], '/b')).toEqual({ matched: false, childMayMatch: false })
  })

  test('descends everywhere for a pattern that is not rooted', () => {
    expect(included(['c'], '/x/y')).toEqual({ matched: false, childMayMatch: true })
    expect(included(['/a', 'c'], '/x/y')).toEqual({ matched: false, childMayMatch: true })
  })

  test('a negated pattern takes back both', () => {
    expect(included(['/a', '!/a/b'], '/a/b')).toEqual({ matched: false, childMayMatch: false })
    expect(included(['*', '!*.o'], '/x.o')).toEqual({ matched: false, childMayMatch: false })
  })

  test('selects nothing without patterns', () => {
    expect(included([], '/a')).toEqual({ matched: false, childMayMatch: false })
  })
})

test('the short cut through directories gives what matching the whole path gives', () => {
  const part = fc.constantFrom('a', 'b', '*', '?', 'a*', '**', '[ab]', 'aa', '*b')
  const pattern = fc.tuple(fc.constantFrom('', '/', '!', '!/'), fc.array(part, { minLength: 1, maxLength: 5 }))
  const path = fc.array(fc.constantFrom('a', 'b', 'aa', 'ab', 'c'), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 4 }), fc.array(path, { minLength: 1, maxLength: 5 }), (lines, paths) => {
      const list = compilePatterns(lines.map(([prefix, parts]) => prefix + parts.join('/')))
      for (const components of paths) {
        let expected = false
        for (const each of list.patterns) {
          if (matchesComponents(each, components, true)) expected = !each.negated
        }
        expect(matchExclude(list, `/${components.join('/')}`)).toBe(expected)
      }
    }),
    { numRuns: 2000 },
  )
})
