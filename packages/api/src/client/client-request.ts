import type { z } from 'zod'
import type { Route } from '../route.ts'

type Part<Of, Name extends 'params' | 'query' | 'body'> = Of extends {
  readonly [Key in Name]: infer Schema extends z.ZodType
}
  ? NothingGiven extends z.input<Schema>
    ? { readonly [Key in Name]?: z.input<Schema> }
    : { readonly [Key in Name]: z.input<Schema> }
  : unknown

/** an object without anything in it */
type NothingGiven = Readonly<Record<string, never>>

/** What a caller gives for a route: only the parts that it has, and only those it needs. */
export type ClientRequest<Of extends Route> = Part<Of, 'params'> & Part<Of, 'query'> & Part<Of, 'body'>

/** The request may be left out where nothing of it is needed. */
export type RequestArguments<Of extends Route> =
  NothingGiven extends ClientRequest<Of>
    ? [request?: ClientRequest<Of>, options?: CallOptions]
    : [request: ClientRequest<Of>, options?: CallOptions]

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Of what starts a run: whoever asks again with the same key, within a day, gets the same run. Letters, digits, `-`, `_`. */
  readonly idempotencyKey?: string
}

interface GivenRequest {
  readonly params?: unknown
  readonly query?: unknown
  readonly body?: unknown
}

/** Where a request goes, with everything in its place. */
export function addressOf(baseUrl: string, route: Route, { params, query }: GivenRequest): URL {
  const given = new Map(Object.entries(params ?? {}))
  const path = route.path.replace(/:([^/]+)/g, (_whole, name: string) => encodeURIComponent(String(given.get(name))))
  const url = new URL(baseUrl)
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (each !== undefined) url.searchParams.append(name, String(each))
    }
  }
  return url
}
