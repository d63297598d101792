import { z } from 'zod'
import { isSettingMap } from '../setting.ts'

type AnySchema = z.core.$ZodType

/** What is said about a field beside its type (`.meta()`). */
export interface FieldMeta {
  readonly description?: string | undefined
  readonly examples?: readonly unknown[]
  /** a reference to a secret */
  readonly secret?: boolean
  /** a secret that may be written as a text, which is then shown: a connection without its password */
  readonly isShown?: boolean
  /** a text stands for an object with this one key */
  readonly shorthand?: string
  /** a path, relative to the file it is written in */
  readonly isPath?: boolean
  /** the same, where it is a path at all */
  readonly isLocation?: boolean
}

/** A field without its wrappers: an object, a record, a list, or a leaf. */
export interface ConcreteSchema {
  readonly schema: AnySchema
  readonly meta: FieldMeta
  readonly isOptional: boolean
  /** in the form in which it is written */
  readonly defaultValue?: unknown
}

/** Looks through defaults, options and transformations; of a union it takes the member that fits the value. */
export function concreteSchema(schema: AnySchema, value?: unknown): ConcreteSchema {
  let meta: FieldMeta = {}
  let isOptional = false
  let found: { defaultValue?: unknown } = {}
  let current = schema
  for (;;) {
    // outer descriptions are the more exact ones
    meta = { ...z.globalRegistry.get(current), ...meta }
    if (current instanceof z.ZodPrefault) {
      found = { defaultValue: current.def.defaultValue }
      current = current.def.innerType
    } else if (current instanceof z.ZodOptional) {
      isOptional = true
      current = current.def.innerType
    } else if (current instanceof z.ZodPipe) current = current.def.in
    else if (current instanceof z.ZodUnion) {
      const member = memberFor(current, value)
      if (member === undefined) return { schema: current, meta, isOptional, ...found }
      current = member
    } else return { schema: current, meta, isOptional, ...found }
  }
}

/** The members of a union, those of unions within it included; other schemas are their own only member. */
export function unionMembers(schema: AnySchema): readonly AnySchema[] {
  if (schema instanceof z.ZodPipe) return unionMembers(schema.def.in)
  if (!(schema instanceof z.ZodUnion)) return [schema]
  return schema.options.flatMap((option) => unionMembers(option))
}

/** "type" of a union whose members say what they are by it. */
export function discriminatorOf(schema: AnySchema): string | undefined {
  return schema instanceof z.ZodDiscriminatedUnion ? schema.def.discriminator : undefined
}

/** The words a discriminated union or an enumeration takes; empty for everything else. */
export function literalsOf(schema: AnySchema): readonly string[] {
  if (schema instanceof z.ZodEnum) return schema.options.map(String)
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String)
  return []
}

function memberFor(union: z.ZodUnion, value: unknown): AnySchema | undefined {
  const members = unionMembers(union)
  const discriminator = discriminatorOf(union)
  if (discriminator !== undefined) {
    const word = isSettingMap(value) ? value[discriminator] : undefined
    return members.find((member) => {
      const field = member instanceof z.ZodObject ? member.shape[discriminator] : undefined
      return field !== undefined && typeof word === 'string' && literalsOf(field).includes(word)
    })
  }
  if (isSettingMap(value))
    return members.find((member) => member instanceof z.ZodObject || member instanceof z.ZodRecord)
  if (Array.isArray(value)) return members.find((member) => member instanceof z.ZodArray)
  return members.find((member) => !(member instanceof z.ZodObject || member instanceof z.ZodArray)) ?? members[0]
}

/** The fields of an object; undefined when the schema is none. */
export function fieldsOf(schema: AnySchema): Readonly<Record<string, AnySchema>> | undefined {
  return schema instanceof z.ZodObject ? schema.shape : undefined
}

/** What every value of a record, or every member of a list is. */
export function elementOf(schema: AnySchema): AnySchema | undefined {
  if (schema instanceof z.ZodRecord) return schema.def.valueType
  return schema instanceof z.ZodArray ? schema.def.element : undefined
}
