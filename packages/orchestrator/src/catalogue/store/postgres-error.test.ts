import { AppError } from '@holdfast/core/errors/app-error'
import { expect, test } from 'vitest'
import { postgresError, postgresProblem } from './postgres-error.ts'

const withCode = (code: string): Error => Object.assign(new Error('x'), { code })

test.each([
  ['08006', 'away'],
  ['57P01', 'away'],
  ['57P03', 'away'],
  ['53300', 'away'],
  ['ECONNREFUSED', 'away'],
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['28P01', 'refused'],
  ['3D000', 'refused'],
  ['42501', 'refused'],
  ['53100', 'full'],
  ['XX001', 'damaged'],
  ['23505', undefined],
  ['42P01', undefined],
])('what PostgreSQL or the network calls %s is taken for %s', (code, problem) => {
  expect(postgresProblem(withCode(code))).toBe(problem)
})

test('a connection that broke or could not be made in time has no code, and is known by its words', () => {
  expect(postgresProblem(new Error('Connection terminated unexpectedly'))).toBe('away')
  expect(postgresProblem(new Error('timeout exceeded when trying to connect'))).toBe('away')
  expect(postgresProblem(new TypeError('x is undefined'))).toBeUndefined()
})

test('of several addresses that were tried the first tells why', () => {
  const error = new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')])
  expect(postgresProblem(error)).toBe('away')
  expect(postgresError(error, 'postgresql:db/x')).toMatchObject({ code: 'CATALOGUE_UNREACHABLE' })
})

test('only what a person can meet becomes an error with a code; the rest stays what it is', () => {
  expect(postgresError(withCode('28P01'), 'postgresql:db/x')).toMatchObject({
    code: 'CATALOGUE_DENIED',
    message: 'catalogue postgresql:db/x refuses access: x',
  })
  expect(postgresError(withCode('53100'), 'x')).toBeInstanceOf(AppError)
  const mistake = withCode('42P01')
  expect(postgresError(mistake, 'x')).toBe(mistake)
})
