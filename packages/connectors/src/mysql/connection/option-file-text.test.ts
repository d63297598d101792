import fc from 'fast-check'
import { expect, it } from 'vitest'
import { optionFileLine, readOptionFile } from './option-file-text.ts'

it('gives back what it was given, whatever signs are in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      fc.pre(!/[\r\0\t\b]/.test(value))
      const text = `[client]\n${optionFileLine('password', value)}`
      expect(readOptionFile(text, ['client']).get('password')).toBe(value)
    }),
  )
})
