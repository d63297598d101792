import { AppError } from '@holdfast/core/errors/app-error'

/** Names of users and tokens: so short and plain that two that look alike are alike, and that a log line holds them. */
const accessNamePattern = /^[a-z0-9][a-z0-9._@+-]{0,62}$/

export function isAccessName(name: string): boolean {
  return accessNamePattern.test(name)
}

/** In lower case. Fails with ACCESS_NAME_INVALID. */
export function checkAccessName(given: string): string {
  const name = given.toLowerCase()
  if (!isAccessName(name)) throw new AppError('ACCESS_NAME_INVALID', { name: JSON.stringify(given) })
  return name
}
