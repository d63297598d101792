import { errorBodySchema } from '../error-body.ts'

/** What a server answered instead of what was asked for. `code` is stable; message and hint are for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly hint: string
  /** of HTTP */
  readonly status: number
  readonly problems: readonly { readonly path: string; readonly message: string }[]
  /** when it is worth another try; undefined: nothing was said */
  readonly retryAfterSeconds: number | undefined

  constructor(
    status: number,
    error: Pick<ApiError, 'code' | 'message' | 'hint'> & Partial<Pick<ApiError, 'problems' | 'retryAfterSeconds'>>,
  ) {
    super(error.message)
    this.status = status
    this.code = error.code
    this.hint = error.hint
    this.problems = error.problems ?? []
    this.retryAfterSeconds = error.retryAfterSeconds
  }
}

/** Of an answer that is none: what a proxy says on its own is no body of ours. */
export async function readApiError(answer: Response): Promise<ApiError> {
  const text = await answer.text().catch(() => '')
  const after = Number(answer.headers.get('retry-after') ?? Number.NaN)
  const retry = Number.isFinite(after) ? { retryAfterSeconds: after } : {}
  try {
    const { error } = errorBodySchema.parse(JSON.parse(text))
    const { code, message, hint, problems } = error
    return new ApiError(answer.status, { code, message, hint, ...(problems !== undefined && { problems }), ...retry })
  } catch {
    const message = `the server answered with status ${answer.status} and no explanation`
    const hint = 'Check the address; a proxy between may have answered.'
    return new ApiError(answer.status, { code: 'ANSWER_UNCLEAR', message, hint, ...retry })
  }
}
