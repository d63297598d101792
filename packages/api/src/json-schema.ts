import { z } from 'zod'

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** A schema as JSON Schema 2020-12: of what comes in, or of what goes out, which may grow. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema: made }) => {
      // fields are added to replies over time
      if (io === 'output' && made.additionalProperties === false) delete made.additionalProperties
    },
  })
}
