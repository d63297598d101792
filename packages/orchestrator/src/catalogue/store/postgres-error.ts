import { AppError } from '@holdfast/core/errors/app-error'

/** SQLSTATE classes and codes (PostgreSQL manual, appendix A) that mean the server is away or going, not that we erred. */
const awayClasses = ['08', '57P', '53300']
/** Others held what was needed; the transaction was undone as a whole. */
const conflictCodes = ['40001', '40P01', '55P03']
const refusedClasses = ['28', '3D', '42501']
const fullCode = '53100'
const damagedClasses = ['XX001', 'XX002']

/** What Node and the client say of a connection that cannot be made, or broke. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])
/** The client has no codes for these. */
const networkTexts =
  /terminated|timeout exceeded when trying to connect|connection ended|not queryable|already been destroyed/i

export type PostgresProblem = 'away' | 'conflict' | 'refused' | 'full' | 'damaged'

/** undefined: not a matter of the server, but a mistake of ours. */
export function postgresProblem(error: unknown): PostgresProblem | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof AggregateError) return postgresProblem(error.errors[0])
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const is = (known: readonly string[]): boolean => known.some((start) => code.startsWith(start))
  if (code === fullCode) return 'full'
  if (is(damagedClasses)) return 'damaged'
  if (is(conflictCodes)) return 'conflict'
  if (is(refusedClasses)) return 'refused'
  if (is(awayClasses) || networkCodes.has(code) || (code === '' && networkTexts.test(error.message))) return 'away'
  return undefined
}

/** What to tell a person; errors that are mistakes of ours are returned as they are. */
export function postgresError(error: unknown, catalogue: string): unknown {
  const reason = error instanceof AggregateError ? String(error.errors[0]) : error instanceof Error ? error.message : ''
  const options = { cause: error }
  switch (postgresProblem(error)) {
    case 'away':
    case 'conflict':
      return new AppError('CATALOGUE_UNREACHABLE', { catalogue, reason }, options)
    case 'refused':
      return new AppError('CATALOGUE_DENIED', { catalogue, reason }, options)
    case 'full':
      return new AppError('CATALOGUE_FULL', { catalogue }, options)
    case 'damaged':
      return new AppError('CATALOGUE_CORRUPT', { catalogue, reason }, options)
    case undefined:
      return error
  }
}
