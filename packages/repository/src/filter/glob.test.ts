import { processorMs } from '@holdfast/core/testing/processor-time'
import { describe, expect, test } from 'vitest'
import { byteText } from './byte-text.ts'
import { compileGlob } from './glob.ts'

const matches = (pattern: string, component: string | Buffer) =>
  compileGlob(byteText(pattern))?.matches(byteText(component))

describe('compileGlob', () => {
  test.each([
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['*', '', true],
    ['*', '.hidden', true],
    ['a*', 'a', true],
    ['*.log', '.log', true],
    ['*.log', 'x.log.gz', false],
    ['a*b', 'ab', true],
    ['aba*ba', 'aba', false],
    ['*mid*', 'amidst', true],
    ['*mid*', 'mi', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-b-c-', false],
    ['a**b', 'a-b', true],
    ['?', '', false],
    ['?', 'x', true],
    ['??', 'x', false],
    ['?', 'é', true],
    ['*??', '€', true],
    ['*??', 'é', false],
    ['[a-c]x', 'bx', true],
    ['[^a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[!a]', 'a', true],
    ['[à-ü]', 'é', true],
    ['[z-a]', 'm', false],
    ['[\\]\\-]', '-', true],
    ['[\\]\\-]', ']', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['a]', 'a]', true],
    ['{a,b}', 'a', false],
    ['a.c', 'abc', false],
  ])('%s against %s is %s', (pattern, component, expected) => {
    expect(matches(pattern, component)).toBe(expected)
  })

  test('takes a byte that is not UTF-8 for one character', () => {
    const name = Buffer.from([0x63, 0xe9, 0x66])
    expect(matches('c?f', name)).toBe(true)
    expect(matches('c??f', name)).toBe(false)
    expect(matches('c[^a]f', name)).toBe(true)
    expect(matches('c[\ufffd]f', name)).toBe(true)
    expect(matches('cé', Buffer.from([0x63, 0xc3]))).toBe(false)
  })

  test.each(['[a', '[', '[]', '[]a]', '[^]', '[a-]', '[-a]', '[a', 'x\\', '[a\\', 'a*[', '*a[b-'])(
    'refuses the malformed %s',
    (pattern) => {
      expect(compileGlob(byteText(pattern))).toBeUndefined()
    },
  )

  test('does not take time out of proportion for many stars', () => {
    const pattern = `${'*a'.repeat(20)}*b`
    const started = processorMs()
    expect(matches(pattern, 'a'.repeat(255))).toBe(false)
    expect(processorMs() - started).toBeLessThan(1000)
  })
})
