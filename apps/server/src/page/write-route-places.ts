import type { Route } from '@holdfast/api/route'
import { routes } from '@holdfast/api/routes'

/**
 * A module for the browser that says where each route is: the page calls them by name, with the types of the contract,
 * and no path is written down twice.
 */
export function writeRoutePlaces(): string {
  const places = Object.values<Route>(routes).map(({ name, method, path, isRepeatable }) => {
    return [name, { method, path, ...(isRepeatable === true && { isRepeatable }) }]
  })
  return `export const routePlaces = ${JSON.stringify(Object.fromEntries(places))}\n`
}
