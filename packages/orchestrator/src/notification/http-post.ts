import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { channelTimeoutMs } from './channel.ts'

export interface Posting {
  /** for errors: the only thing about the receiver that they name */
  readonly channel: string
  /** a secret with most services */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
  readonly method?: 'POST' | 'GET'
  /** what else must not be repeated from an answer: tokens */
  readonly secrets?: readonly string[]
  /** for the whole answer; default `channelTimeoutMs` */
  readonly timeoutMs?: number
}

/**
 * Sends one HTTP request and returns the text of a 2xx answer. Redirections are not followed: they would carry secrets
 * to a place nobody configured. 408, 425, 429 and 5xx may pass (CHANNEL_UNREACHABLE), other answers do not
 * (CHANNEL_REFUSED).
 */
export async function httpPost(posting: Posting, ctx: Context): Promise<string> {
  const { channel, url, headers = {}, body, method = 'POST', timeoutMs = channelTimeoutMs } = posting
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(checkedUrl(url, channel), {
      method,
      headers: {
        'user-agent': 'holdfast',
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(method === 'POST' ? { body } : {}),
      redirect: 'manual',
      signal: AbortSignal.any([ctx.signal, timeout]),
    })
    const text = await limitedText(response)
    if (response.ok) return text
    throw refusal(posting, response.status, text)
  } catch (error) {
    if (isAppError(error)) throw error
    ctx.signal.throwIfAborted()
    const reason = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : connectionProblem(error)
    // No cause: what fetch throws can hold the address.
    throw new AppError('CHANNEL_UNREACHABLE', { channel, reason })
  }
}

function checkedUrl(url: string, channel: string): URL {
  const parsed = URL.parse(url.trim())
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return parsed
  throw new AppError('CHANNEL_REFUSED', { channel, reason: 'its address is not an http or https URL' })
}

function refusal(posting: Posting, status: number, answer: string): AppError {
  const said = withoutSecrets(answer, posting).replace(/\s+/g, ' ').trim().slice(0, 160)
  const reason = said === '' ? `it answered ${status}` : `it answered ${status}: ${said}`
  const mayPass = status >= 500 || [408, 425, 429].includes(status)
  return new AppError(mayPass ? 'CHANNEL_UNREACHABLE' : 'CHANNEL_REFUSED', { channel: posting.channel, reason })
}

/** Services repeat what they were sent; an address with a token in it must not come back in an error. */
function withoutSecrets(text: string, { url, secrets = [] }: Posting): string {
  const parsed = URL.parse(url.trim())
  const parts = [url.trim(), ...secrets, ...(parsed === null ? [] : [parsed.pathname + parsed.search, parsed.pathname])]
  const pieces = (parsed?.pathname ?? '').split('/').filter((piece) => piece.length >= 8)
  const hidden = [...parts, ...pieces].filter((part) => part.length > 3).toSorted((a, b) => b.length - a.length)
  return hidden.reduce((result, part) => result.replaceAll(part, '***'), text)
}

/** The first kilobytes: an answer is for an error message at most. */
async function limitedText(response: Response): Promise<string> {
  const limit = 16_384
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= limit) break
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8')
}

/** Only the system's code (ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED): the sentence around it may hold the address. */
function connectionProblem(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string') return at.code
    if (at instanceof AggregateError && at.errors[0] instanceof Error) {
      const [first] = at.errors
      if ('code' in first && typeof first.code === 'string') return first.code
    }
  }
  return 'the connection failed'
}
