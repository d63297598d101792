import { isAppError } from '@holdfast/core/errors/app-error'
import { expect, test } from 'vitest'
import { counted, flag, oneOf, several, single } from './option.ts'
import { parseArguments } from './parse-arguments.ts'
import { readInstant, readWhole, readWords } from './read-value.ts'

const options = {
  repo: single({ short: 'r', placeholder: '<location>', help: '' }),
  keepLast: single({ short: 'l', placeholder: '<n>', help: '' }, readWhole(-1)),
  tag: several({ placeholder: '<tags>', help: '' }, readWords),
  host: single({ placeholder: '<host>', help: '', variable: 'HOST' }),
  compression: oneOf({ placeholder: '<mode>', help: '', variable: 'COMPRESSION', choices: ['auto', 'off'] }),
  json: flag({ help: '' }),
  verbose: counted({ short: 'v', help: '' }),
}

const parse = (words: readonly string[], variables: Record<string, string> = {}) =>
  parseArguments(words, options, (name) => variables[name])

function failure(words: readonly string[], variables: Record<string, string> = {}) {
  try {
    parse(words, variables)
  } catch (error) {
    if (isAppError(error)) return { code: error.code, message: error.message, hint: error.hint }
    throw error
  }
  throw new Error('was accepted')
}

test('options and arguments may stand in any order, values apart or behind an equals sign', () => {
  const { options: values, arguments: given } = parse([
    'a',
    '--repo=/x',
    '-l',
    '3',
    'b',
    '--tag',
    'p,q',
    '--tag=r',
    '--json',
  ])
  expect(given).toEqual(['a', 'b'])
  expect(values).toMatchObject({ repo: '/x', keepLast: 3, tag: [['p', 'q'], ['r']], json: true, verbose: 0 })
})

test('a value that starts with a dash is taken as the value', () => {
  expect(parse(['--keep-last', '-1']).options.keepLast).toBe(-1)
})

test('an empty value is a value', () => {
  expect(parse(['--repo=']).options.repo).toBe('')
  expect(parse(['--tag', '']).options.tag).toEqual([[]])
})

test('short options can be joined, and the last one may take a value', () => {
  expect(parse(['-vvr', '/x']).options).toMatchObject({ verbose: 2, repo: '/x' })
})

test('--verbose=2 means the same as -vv, also before what is behind --', () => {
  expect(parse(['--verbose=2', '--', '--verbose=2'])).toMatchObject({
    options: { verbose: 2 },
    arguments: ['--verbose=2'],
  })
})

test('what follows -- is never an option', () => {
  expect(parse(['--json', '--', '--repo', '-v'])).toMatchObject({
    options: { verbose: 0 },
    arguments: ['--repo', '-v'],
  })
})

test('the last of several values wins, and a switch can be turned off again', () => {
  expect(parse(['--repo', 'a', '--repo', 'b', '--json', '--json=false']).options).toMatchObject({
    repo: 'b',
    json: false,
  })
})

test("variables stand in for options: Holdfast's own first, then restic's", () => {
  expect(parse([], { RESTIC_HOST: 'old' }).options.host).toBe('old')
  expect(parse([], { RESTIC_HOST: 'old', HOLDFAST_HOST: 'new' }).options.host).toBe('new')
  expect(parse(['--host', 'given'], { HOLDFAST_HOST: 'new' }).options.host).toBe('given')
})

test('a malformed variable is named in the error', () => {
  expect(failure([], { RESTIC_COMPRESSION: 'zip' })).toMatchObject({
    code: 'ARGUMENT_INVALID',
    message: 'invalid value "zip" for RESTIC_COMPRESSION: it must be one of auto, off',
  })
})

test('an unknown option is refused, naming the nearest known one', () => {
  expect(failure(['--kep-last', '3'])).toMatchObject({ code: 'OPTION_UNKNOWN', message: 'unknown option --kep-last' })
  expect(failure(['--kep-last', '3']).hint).toContain('--keep-last')
  expect(failure(['-z']).code).toBe('OPTION_UNKNOWN')
})

test('an option at the end without its value is refused', () => {
  expect(failure(['--repo'])).toMatchObject({
    code: 'OPTION_VALUE_MISSING',
    message: 'option --repo needs a value: <location>',
  })
})

test.each([['--keep-last', 'many'], ['--keep-last', '1.5'], ['--compression', 'zip'], ['--json=perhaps']])(
  '%s %s is refused as malformed',
  (...words) => {
    expect(failure(words).code).toBe('ARGUMENT_INVALID')
  },
)

test('times are read in local time, with or without a time of day', () => {
  expect(readInstant('2026-01-31 22:08:41', '--time')).toEqual(new Date(2026, 0, 31, 22, 8, 41))
  expect(readInstant('2026-01-31', '--time')).toEqual(new Date(2026, 0, 31))
  expect(readInstant('2026-01-31T22:08:41Z', '--time')).toEqual(new Date(Date.UTC(2026, 0, 31, 22, 8, 41)))
  for (const bad of ['yesterday', '2026-13-01', '31.01.2026', ''])
    expect(() => readInstant(bad, '--time')).toThrow('--time')
})
