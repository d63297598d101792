/** Where a browser begins to sign in at the provider of identities, and where that sends it back to. */
export const providerPaths = { start: '/access/oidc/start', callback: '/access/oidc/callback' } as const
