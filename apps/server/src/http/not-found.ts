import type { Route } from '@holdfast/api/route'
import { routes } from '@holdfast/api/routes'
import { AppError } from '@holdfast/core/errors/app-error'

const patterns = Object.values<Route>(routes).map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replace(/:[^/]+/g, '[^/]+')}/?$`),
}))

/** METHOD_WRONG where another method has an answer, ROUTE_UNKNOWN else. */
export function notFound(method: string, url: string): AppError {
  const path = url.split('?', 1)[0] ?? ''
  const allowed = patterns.filter(({ pattern }) => pattern.test(path)).map((route) => route.method)
  if (allowed.length === 0) return new AppError('ROUTE_UNKNOWN', {})
  return new AppError('METHOD_WRONG', { method, allowed: [...new Set(allowed)].join(' or ') })
}
