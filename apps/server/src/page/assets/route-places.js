/** @import { RouteName } from '@holdfast/api/routes' */

/**
 * Where each route is. What is sent to the browser under this name is written by the server (write-route-places.ts); this
 * stands for it where the page is checked.
 *
 * @type {Readonly<Record<RouteName, { readonly method: string, readonly path: string, readonly isRepeatable?: true }>>}
 */
export const routePlaces = JSON.parse('{}')
