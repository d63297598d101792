import type { Caller } from '@holdfast/api/caller'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by the access part before any route is looked at. The same object goes to the answer. */
    caller: Caller
  }
}

/** What only signing in and out needs of a request and its reply; every other answer is made of input and caller. */
export interface Exchange {
  /** of the client, without what proxies that are not trusted say of it */
  readonly address: string
  /** the secret of the session that the browser sent, whether or not it still holds */
  readonly session?: string
  /** Gives the browser a session; undefined: takes it away. */
  setSession(secret: string | undefined): void
}

const exchanges = new WeakMap<Caller, Exchange>()

/** The hook makes a caller of its own for every request; this is what keeps the two together. */
export function keepExchange(caller: Caller, exchange: Exchange): void {
  exchanges.set(caller, exchange)
}

/** Of the request that this caller was made for. */
export function exchangeOf(caller: Caller): Exchange {
  const exchange = exchanges.get(caller)
  if (exchange === undefined) throw new Error('this caller was not made for a request')
  return exchange
}
