import { describe, expect, test } from 'vitest'
import { mayDo, maySee } from './caller.ts'

describe('a role', () => {
  test('may do what the lesser ones may, and nothing more', () => {
    expect(mayDo({ role: 'operator' }, 'viewer')).toBe(true)
    expect(mayDo({ role: 'operator' }, 'operator')).toBe(true)
    expect(mayDo({ role: 'operator' }, 'admin')).toBe(false)
    expect(mayDo({ role: 'viewer' }, 'operator')).toBe(false)
  })

  test('of an agent is apart from those of people', () => {
    expect(mayDo({ role: 'agent' }, 'agent')).toBe(true)
    expect(mayDo({ role: 'agent' }, 'viewer')).toBe(false)
    expect(mayDo({ role: 'admin' }, 'agent')).toBe(false)
    expect(mayDo({ role: 'agent' }, 'public')).toBe(true)
  })

  test('of nobody may do what is public', () => {
    expect(mayDo({ role: 'none' }, 'public')).toBe(true)
    for (const least of ['viewer', 'agent'] as const) expect(mayDo({ role: 'none' }, least)).toBe(false)
  })

  test('with sources sees only these', () => {
    expect(maySee({}, 'shop')).toBe(true)
    expect(maySee({ sources: ['shop'] }, 'shop')).toBe(true)
    expect(maySee({ sources: ['shop'] }, 'wiki')).toBe(false)
  })
})
