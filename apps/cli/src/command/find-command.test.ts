import { expect, test } from 'vitest'
import { findCommand } from './find-command.ts'

test('global options may stand before the command, with their values', () => {
  expect(findCommand(['-r', 'snapshots', '--json', 'forget', '--keep-last', '1'])).toEqual({
    kind: 'command',
    name: 'forget',
    rest: ['-r', 'snapshots', '--json', '--keep-last', '1'],
  })
  expect(findCommand(['--repo=/x', '-qr', '/x', 'tag'])).toMatchObject({ name: 'tag' })
})

test('without a command there is none', () => {
  expect(findCommand(['--json'])).toEqual({ kind: 'none', group: undefined, rest: ['--json'] })
})

test('an unknown command is refused, naming the nearest', () => {
  expect(() => findCommand(['froget'])).toThrow('there is no command froget')
  expect(() => findCommand(['toString'])).toThrow('there is no command toString')
})
