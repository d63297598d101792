import type { RouteName } from '@holdfast/api/routes'

/** Written by the server when it starts (write-route-places.ts). */
export const routePlaces: Readonly<Record<RouteName, { readonly method: string; readonly path: string }>>
