import type { z } from 'zod'
import { errorBodySchema } from './error-body.ts'
import { jsonSchemaOf } from './json-schema.ts'
import type { Reply, Route } from './route.ts'
import { routes } from './routes.ts'

type Json = Record<string, unknown>

const errorReplies: Readonly<Record<string, string>> = {
  400: 'The request is not what is taken here.',
  401: 'Nobody has signed in.',
  403: 'The caller may not do this.',
  404: 'What it is about is not there, or the caller may not see it.',
  409: 'It cannot be done as things stand.',
  422: 'The Idempotency-Key was used for something else.',
  429: 'Too many requests; Retry-After says when to come back.',
  503: 'Trouble of the server, or of what it works with.',
}

/** Of routes that take an Idempotency-Key. */
const reusedStatus = '422'

const idempotencyKey: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Who asks again with the same key and the same request, within a day, gets the same run; nothing is started twice.',
  schema: { type: 'string', maxLength: 202, examples: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'] },
}

/** All routes as an OpenAPI 3.1 document. Source: https://spec.openapis.org/oas/v3.1.0.html */
export function describeApi(version: string): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const route of Object.values<Route>(routes)) {
    const path = route.path.replace(/:([^/]+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, schemas) }
  }
  const error = { 'application/json': { schema: jsonSchema(errorBodySchema, 'output', schemas) } }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version,
      description:
        'Times are ISO 8601 in UTC, durations milliseconds, sizes bytes. What is optional is left out, never null. Fields are only ever added.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { session: [] }, {}],
    tags: tagsOf(Object.values<Route>(routes)),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      responses: Object.fromEntries(
        Object.entries(errorReplies).map(([status, description]) => [
          `error${status}`,
          { description, content: error },
        ]),
      ),
      parameters: { idempotencyKey },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A token, as `holdfast token add` makes it.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'holdfast_session',
          description:
            'Of somebody who signed in. On a loopback address nobody has to, unless the configuration says so.',
        },
      },
    },
  }
}

function operationOf(route: Route, schemas: Json): Json {
  const { name, summary, description, role, params, query, body, reply, isRepeatable = false } = route
  const needs = role === 'public' ? 'Open to all.' : `Needs the role ${role}.`
  const parameters = [
    ...parametersOf('path', params, schemas),
    ...parametersOf('query', query, schemas),
    ...(isRepeatable ? [{ $ref: '#/components/parameters/idempotencyKey' }] : []),
  ]
  const errors = Object.keys(errorReplies).filter((status) => isRepeatable || status !== reusedStatus)
  return {
    operationId: name,
    tags: [areaOf(route)],
    summary,
    description: description === undefined ? needs : `${description} ${needs}`,
    'x-holdfast-role': role,
    ...(role === 'public' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: jsonSchema(body, 'input', schemas) } },
      },
    }),
    responses: {
      ...replyOf(reply, schemas),
      ...Object.fromEntries(errors.map((status) => [status, { $ref: `#/components/responses/error${status}` }])),
    },
  }
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined, schemas: Json): Json[] {
  if (schema === undefined) return []
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...written } = jsonSchema(field as z.ZodType, 'input', schemas)
    const isRequired = place === 'path' || !(field as z.ZodType).safeParse(undefined).success
    return {
      name,
      in: place,
      required: isRequired,
      ...(typeof description === 'string' && { description }),
      schema: written,
    }
  })
}

function replyOf(reply: Reply, schemas: Json): Json {
  switch (reply.kind) {
    case 'json': {
      const { status = 200, schema } = reply
      if (status === 204) return { 204: { description: 'Done.' } }
      const content = { 'application/json': { schema: jsonSchema(schema, 'output', schemas) } }
      return { [status]: { description: status === 202 ? 'Taken on.' : 'Done.', content } }
    }
    case 'file': {
      const content = { '*/*': { schema: { type: 'string', format: 'binary' } } }
      return { 200: { description: 'The file, as an attachment.', content } }
    }
    case 'events': {
      const content = { 'text/event-stream': { schema: jsonSchema(reply.schema, 'output', schemas) } }
      return { 200: { description: 'Server-sent events; `data` of each is JSON of this schema.', content } }
    }
  }
}

/** Schemas that have a name are put beside the others, once. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const { $schema: _dialect, $defs, ...written } = jsonSchemaOf(schema, io)
  for (const [name, defined] of Object.entries($defs ?? {})) schemas[name] = withPlaces(withoutId(defined))
  const id = written.id
  if (id === undefined) return withPlaces(written) as Json
  schemas[id] = withPlaces(withoutId(written))
  return { $ref: `#/components/schemas/${id}` }
}

function withoutId(schema: object): Json {
  const { id: _name, ...rest } = { ...schema } as Json
  return rest
}

function withPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlaces)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : withPlaces(inner),
    ]),
  )
}

function tagsOf(all: readonly Route[]): Json[] {
  return [...new Set(all.map(areaOf))].map((name) => ({ name }))
}

/** The chapter: what stands before the dot of the name. */
function areaOf({ name }: Route): string {
  return name.split('.', 1)[0] ?? name
}
