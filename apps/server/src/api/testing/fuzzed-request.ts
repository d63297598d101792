import fc from 'fast-check'
import type { Route } from '@holdfast/api/route'
import { arbitraryOfSchema, type KnownValues } from './arbitrary-of-schema.ts'

/** As it goes over the wire. */
export interface FuzzedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

interface Parts {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** What has been trouble for somebody: control characters, ends of strings, paths, templates, queries, large numbers. */
const nastyTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\r\nx-injected: 1',
  '../../../../etc/passwd',
  '..\\..\\windows',
  '%00',
  '%2e%2e%2f',
  "' OR 1=1 --",
  '"; DROP TABLE runs; --',
  '${OTHER}',
  '{{7*7}}',
  '$(id)',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  '\u202e\u0000\ufffe',
  '\ud800',
  'ﷺ'.repeat(200),
  'x'.repeat(100_000),
  '9'.repeat(400),
  '-1',
  '1e309',
  'NaN',
  'null',
  'true',
  '[]',
  '{}',
] as const

const nastyValues: readonly unknown[] = [
  ...nastyTexts,
  null,
  true,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  1e308,
  [],
  {},
  [[]],
  { __proto__: null, a: 1 },
  Array.from({ length: 2000 }, (_, n) => n),
  JSON.parse('{"__proto__":{"role":"admin"},"constructor":{"prototype":{}}}'),
]

const nastyBodies = [
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '0',
  '{"a":1,"a":2}',
  '{"__proto__":{}}',
  `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `"${'x'.repeat(1_100_000)}"`,
  '\ufeff{}',
  '{"operation":"backup","source":"shop"}\0',
  '\xff\xfe',
] as const

const nastyHeaders: readonly Readonly<Record<string, string>>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/xml' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-encoding': 'gzip', 'content-type': 'application/json' },
  { 'last-event-id': 'x'.repeat(4000) },
  { 'x-http-method-override': 'DELETE' },
  { 'idempotency-key': '"' },
  { 'idempotency-key': 'x'.repeat(4000) },
  { 'idempotency-key': '"a", "b"' },
  { range: 'bytes=5-1' },
  { 'if-none-match': '*', accept: 'text/html' },
  { expect: '100-continue' },
]

/** Requests that a route takes. */
export function validRequests(route: Route, known: KnownValues): fc.Arbitrary<FuzzedRequest> {
  return partsOf(route, known).map((parts) => requestOf(route, parts))
}

/** Requests with one thing wrong: a field that is missing, of another kind, hostile, or too many. */
export function nearlyValidRequests(route: Route, known: KnownValues): fc.Arbitrary<FuzzedRequest> {
  return fc
    .tuple(
      partsOf(route, known),
      fc.nat(),
      fc.constantFrom(...nastyValues),
      fc.constantFrom('replace', 'remove', 'add'),
    )
    .map(([parts, place, value, how]) => {
      const keys = [
        ...Object.keys(parts.params).map((key) => ['params', key] as const),
        ...Object.keys(parts.query).map((key) => ['query', key] as const),
        ...keysOf(parts.body).map((key) => ['body', key] as const),
      ]
      const [part, key] = keys[place % Math.max(1, keys.length)] ?? ['query', 'more']
      const changed =
        how === 'add'
          ? { ...fieldsOf(parts[part]), more: value }
          : changedField(parts[part], key, how === 'remove' ? undefined : value)
      return requestOf(route, { ...parts, [part]: changed })
    })
}

/** Requests that nobody sends who means well. */
export function hostileRequests(route: Route, known: KnownValues): fc.Arbitrary<FuzzedRequest> {
  const pathOf = (text: string): string =>
    requestOf(route, {
      params: Object.fromEntries(namesIn(route).map((name) => [name, text])),
      query: {},
      body: undefined,
    }).path
  const plain = { method: route.method, headers: { 'content-type': 'application/json' } }
  return fc.oneof(
    fc
      .constantFrom(...nastyTexts.filter((text) => text.isWellFormed() && text.length < 10_000))
      .map((text) => ({ ...plain, path: pathOf(text) })),
    fc.constantFrom('..%2f..', '%00', '%', '%zz', '..', '.', '%E0%A4%A', '*', ':source').map((raw) => ({
      ...plain,
      path: route.path.replace(/:[^/]+/g, raw),
    })),
    fc
      .tuple(partsOf(route, known), fc.constantFrom(...nastyBodies))
      .map(([parts, body]) => ({ ...requestOf(route, parts), ...plain, body })),
    fc.tuple(partsOf(route, known), fc.constantFrom(...nastyHeaders)).map(([parts, headers]) => {
      const request = requestOf(route, parts)
      return { ...request, headers: { ...request.headers, ...headers } }
    }),
    fc.tuple(partsOf(route, known), fc.string({ unit: 'grapheme', maxLength: 30 })).map(([parts, name]) => {
      const request = requestOf(route, parts)
      const more = [name, name, 'limit', 'limit', '__proto__', 'after[]'].map((key) => `${encode(key)}=1`).join('&')
      return { ...request, path: `${request.path}${request.path.includes('?') ? '&' : '?'}${more}` }
    }),
    partsOf(route, known).map((parts) => ({
      ...requestOf(route, parts),
      path: `${requestOf(route, parts).path}${'&x=1'.repeat(500)}`,
    })),
    fc
      .tuple(partsOf(route, known), fc.jsonValue({ maxDepth: 4 }))
      .map(([parts, body]) => requestOf(route, { ...parts, body })),
  )
}

function partsOf(route: Route, known: KnownValues): fc.Arbitrary<Parts> {
  const of = (part: 'params' | 'query' | 'body', otherwise: unknown): fc.Arbitrary<unknown> =>
    route[part] === undefined ? fc.constant(otherwise) : arbitraryOfSchema(route[part], known)
  return fc.record({
    params: of('params', {}).map(fieldsOf),
    query: of('query', {}).map(fieldsOf),
    body: of('body', undefined),
  })
}

function requestOf({ method, path }: Route, { params, query, body }: Parts): FuzzedRequest {
  const filled = path.replace(/:([^/]+)/g, (_whole, name: string) => encode(textOf(params[name])))
  const search = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encode(name)}=${encode(textOf(value))}`],
  )
  return {
    method,
    path: search.length === 0 ? filled : `${filled}?${search.join('&')}`,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) ?? 'null' }),
  }
}

function namesIn({ path }: Route): string[] {
  return [...path.matchAll(/:([^/]+)/g)].map(([, name = '']) => name)
}

function textOf(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .slice(0, 6_000)
    .replace(/%[0-9A-F]?$/, '')
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}

function changedField(from: unknown, key: string, value: unknown): Record<string, unknown> {
  const { [key]: _before, ...rest } = fieldsOf(from)
  return value === undefined ? rest : { ...rest, [key]: value }
}
