import type { Role } from '@holdfast/core/access/role'
import type { z } from 'zod'

/** What is answered: JSON of this shape, the bytes of a file, or events of this shape, one after the other (SSE). */
export type Reply =
  | { readonly kind: 'json'; readonly schema: z.ZodType; readonly status?: 200 | 201 | 202 | 204 }
  | { readonly kind: 'file' }
  | { readonly kind: 'events'; readonly schema: z.ZodType }

/**
 * One thing that can be asked of a server, as data: the server registers it, the client calls it, the OpenAPI document
 * and the fuzz test are made of it. Parts of a query are strings, numbers come by `z.coerce`. Schemas of what comes in
 * are strict: what is not named is refused.
 */
export interface Route {
  /** unique: "sources.get"; the area before the dot is its chapter in the documentation */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** "/api/v1/sources/:source" */
  readonly path: string
  /** one line, imperative, without full stop */
  readonly summary: string
  readonly description?: string
  /** the least that may use it */
  readonly role: 'public' | Role | 'agent'
  /** Set where something is changed: the act in the audit log, "run.start". */
  readonly act?: string
  /** With `act`: which fields of the body say what it is about, beside the params. Never a secret. */
  readonly subject?: readonly string[]
  /** The same of the answer, where only that says it. */
  readonly answeredSubject?: readonly string[]
  /**
   * Takes the header Idempotency-Key: who asks again with the same one, because the answer got lost, gets the same answer,
   * and nothing is done a second time. Source: draft-ietf-httpapi-idempotency-key-header-07
   */
  readonly isRepeatable?: true
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  readonly reply: Reply
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : Readonly<Record<string, never>>
type Written<Schema> = Schema extends z.ZodType ? z.input<Schema> : Readonly<Record<string, never>>

/** What an answer is made of: read, checked, with defaults. */
export interface RouteInput<Of extends Route> {
  readonly params: Parsed<Of['params']>
  readonly query: Parsed<Of['query']>
  readonly body: Parsed<Of['body']>
  /** of a repeatable route, where one was sent */
  readonly repeatKey?: string
}

/** What a client gives: what is optional may be left out. */
export interface RouteRequest<Of extends Route> {
  readonly params: Written<Of['params']>
  readonly query: Written<Of['query']>
  readonly body: Written<Of['body']>
}

/** What JSON routes answer with; of the other kinds this is not used. */
export type RouteReply<Of extends Route> = Of['reply'] extends { readonly schema: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : never

/** Keeps the exact types of what is defined. */
export function defineRoute<const Defined extends Route>(route: Defined): Defined {
  return route
}
