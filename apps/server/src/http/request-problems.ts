import { AppError } from '@holdfast/core/errors/app-error'

/** What of a request was wrong, as the cause of its REQUEST_INVALID. */
export class RequestProblems extends Error {
  override readonly name = 'RequestProblems'
  readonly problems: readonly { readonly path: string; readonly message: string }[]

  constructor(problems: RequestProblems['problems']) {
    super(problems.map(({ path, message }) => `${path}: ${message}`).join('; '))
    this.problems = problems
  }
}

/** of a schema: where, and what */
interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

const mostProblems = 20

/** Never with the values that came in: some of them are passwords. */
export function requestInvalid(route: string, part: string, issues: readonly Issue[]): AppError<'REQUEST_INVALID'> {
  const problems = issues.slice(0, mostProblems).map(({ path, message }) => ({
    path: [part, ...path].join('.').slice(0, 200),
    message: message.slice(0, 500),
  }))
  const [first = { path: part, message: 'is not valid' }] = problems
  return new AppError(
    'REQUEST_INVALID',
    { route, reason: `${first.path}: ${first.message}` },
    { cause: new RequestProblems(problems) },
  )
}
