import { z } from 'zod'
import { configSchema } from './schema/config-schema.ts'

/** What only this program looks at. */
const ownMeta = ['secret', 'shorthand', 'isShown', 'isPath', 'isLocation']

/** The configuration file as JSON Schema (draft 7, which editors know best). */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      for (const key of ownMeta) delete jsonSchema[key]
      // not every editor reads classes of Unicode
      if (jsonSchema.pattern?.includes(String.raw`\p{`) === true) delete jsonSchema.pattern
    },
  })
  return { $schema: schema.$schema, title: 'holdfast.yaml', ...schema }
}
