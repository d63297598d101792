import { readFile } from 'node:fs/promises'
import { configJsonSchema } from '@holdfast/core/config/config-json-schema'
import { expect, test } from 'vitest'
import { renderConfigReference } from './config-reference.ts'
import { configReferencePath, configSchemaPath } from './reference-path.ts'

test('docs/reference/configuration.md is what the schemas say (else run `npm run reference`)', async () => {
  expect(await readFile(configReferencePath, 'utf8')).toBe(renderConfigReference())
})

test('docs/reference/holdfast.schema.json is what the schemas say (else run `npm run reference`)', async () => {
  expect(JSON.parse(await readFile(configSchemaPath, 'utf8'))).toEqual(configJsonSchema())
})

test('every setting is described', () => {
  const undescribed: string[] = []
  const walk = (schema: unknown, path: string) => {
    if (typeof schema !== 'object' || schema === null) return
    for (const [key, inner] of Object.entries(schema)) {
      if (key === 'properties') {
        for (const [name, property] of Object.entries(Object(inner))) {
          const isDescribed = typeof Object(property).description === 'string' || 'const' in Object(property)
          if (!isDescribed) undescribed.push(`${path}.${name}`)
        }
      }
      walk(inner, `${path}.${key}`)
    }
  }
  walk(configJsonSchema(), '')
  expect(undescribed).toEqual([])
})
