import type { Caller } from '@holdfast/api/caller'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by the access part before any route is looked at. The same object goes to the answer. */
    caller: Caller
  }
}
