import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { requireScratchSpace } from './scratch-space.ts'

it('refuses a place with too little space for what was dumped, and names it', () => {
  expect(() => requireScratchSpace(undefined, 2 ** 52)).toThrow(`cannot restore to ${tmpdir()}: `)
  expect(() => requireScratchSpace('/', 2 ** 52)).toThrow(/PiB have to go there and only .* are free/)
})
