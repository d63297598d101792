import fc from 'fast-check'
import { type JsonSchema, jsonSchemaOf } from '@holdfast/api/json-schema'

/** Names of things that are there, by the names of the fields that they fit into. */
export type KnownValues = Readonly<Record<string, readonly unknown[]>>

/** For tests: values that a schema takes, made of the schema itself; most of the time of what is known. */
export function arbitraryOfSchema(
  schema: Parameters<typeof jsonSchemaOf>[0],
  known: KnownValues,
): fc.Arbitrary<unknown> {
  const written = jsonSchemaOf(schema, 'input')
  return arbitraryOf(written, { root: written, known, depth: 0 })
}

interface Making {
  readonly root: JsonSchema
  readonly known: KnownValues
  readonly depth: number
}

function arbitraryOf(schema: JsonSchema, making: Making): fc.Arbitrary<unknown> {
  const { $ref, const: constant, anyOf, oneOf } = schema
  const choices = schema.enum
  if ($ref !== undefined) return arbitraryOf(targetOf($ref, making), deeper(making))
  if (constant !== undefined) return fc.constant(constant)
  if (choices !== undefined) return fc.constantFrom(...choices)
  const variants = anyOf ?? oneOf
  if (variants !== undefined) return fc.oneof(...variants.map((each) => arbitraryOf(each, deeper(making))))
  switch (schema.type) {
    case 'string':
      return text(schema)
    case 'integer':
      return fc.integer({ min: clamp(schema.minimum ?? -1000), max: clamp(schema.maximum ?? 1_000_000) })
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array': {
      const items = Array.isArray(schema.items) ? {} : (schema.items ?? {})
      const length = { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? 3, 3) }
      return fc.array(arbitraryOf(items as JsonSchema, deeper(making)), length)
    }
    case 'object':
      return object(schema, making)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function object(schema: JsonSchema, making: Making): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema
  const fields = Object.entries(properties).map(
    ([name, field]) => [name, fieldOf(name, field as JsonSchema, making)] as const,
  )
  const named = fc.record(Object.fromEntries(fields), { requiredKeys: required, noNullPrototype: true })
  if (fields.length > 0 || typeof additionalProperties !== 'object') return named
  return fc.dictionary(fc.string({ maxLength: 8 }), arbitraryOf(additionalProperties, deeper(making)), {
    maxKeys: 3,
    noNullPrototype: true,
  })
}

function fieldOf(name: string, schema: JsonSchema, making: Making): fc.Arbitrary<unknown> {
  const made = arbitraryOf(schema, deeper(making))
  const known = schema.type === 'string' ? (making.known[name] ?? []) : []
  return known.length === 0
    ? made
    : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: made })
}

function text({ pattern, format, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((at) => at.toISOString())
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  const length = { minLength, maxLength: Math.min(maxLength, minLength + 40) }
  return fc.oneof(
    fc.string(length),
    fc.string({ ...length, unit: 'grapheme' }),
    fc.string({ ...length, unit: 'binary' }),
  )
}

function targetOf(reference: string, { root, depth }: Making): JsonSchema {
  // what refers to itself comes to an end somewhere
  if (depth > 6) return { type: 'null' }
  if (reference === '#') return root
  const target = root.$defs?.[reference.replace('#/$defs/', '')]
  if (target === undefined) throw new Error(`${reference} leads nowhere`)
  return target
}

function deeper(making: Making): Making {
  return { ...making, depth: making.depth + 1 }
}

/** fast-check takes whole numbers of 32 bits. */
function clamp(bound: number): number {
  return Math.max(-0x80000000, Math.min(0x7fffffff, bound))
}
