import { AppError } from '@holdfast/core/errors/app-error'
import type { FastifyRequest } from 'fastify'
import type { ApparentRequest } from './apparent-request.ts'
import { isLoopbackName } from './openness.ts'

type Seen = Pick<FastifyRequest, 'method' | 'headers'>

/**
 * Where nobody signs in, being able to ask is all it takes, and a browser of this machine asks for whatever page it shows.
 * So the name must be this machine's own: one that an attacker's DNS has just pointed here is not (DNS rebinding), and
 * neither is one that a proxy serves. Fails with REQUEST_FOREIGN.
 */
export function refuseRebound({ headers }: Pick<Seen, 'headers'>, { host }: ApparentRequest): void {
  const name = host.replace(/:\d+$/, '')
  if (!isLoopbackName(name)) {
    throw new AppError('REQUEST_FOREIGN', { reason: 'its Host header does not name this machine by a loopback name' })
  }
  if (['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'].some((header) => header in headers)) {
    throw new AppError('REQUEST_FOREIGN', { reason: 'it came through a proxy' })
  }
}

/**
 * A page of another site can send what a browser adds its cookie to, or what a loopback address takes from anybody. Whatever
 * changes something must come from a page of ours; programs, which have no pages, send no Origin, and no cookies either.
 * Fails with REQUEST_FOREIGN.
 */
export function refuseForeignChange(
  { method, headers }: Seen,
  { origin }: ApparentRequest,
  { hasCookie }: { readonly hasCookie: boolean },
): void {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return
  const from = headers.origin
  const site = headers['sec-fetch-site']
  if (from !== undefined && from !== origin) throw new AppError('REQUEST_FOREIGN', { reason: 'its origin is another' })
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new AppError('REQUEST_FOREIGN', { reason: 'the browser says that another site sent it' })
  }
  if (!hasCookie) return
  if (from === undefined && site !== 'same-origin') {
    throw new AppError('REQUEST_FOREIGN', { reason: 'it does not say which page sent it' })
  }
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  // forms of any site can send the other types without asking (Fetch standard, CORS-safelisted request headers)
  if (hasBody && headers['content-length'] !== '0' && !isJson(headers['content-type'])) {
    throw new AppError('MEDIA_TYPE_WRONG', {})
  }
}

function isJson(type: string | undefined): boolean {
  return type?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json'
}
