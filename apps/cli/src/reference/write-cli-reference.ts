import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { configJsonSchema } from '@holdfast/core/config/config-json-schema'
import { renderCliReference } from './cli-reference.ts'
import { renderConfigReference } from './config-reference.ts'
import { configReferencePath, configSchemaPath, referencePath } from './reference-path.ts'

await mkdir(dirname(referencePath), { recursive: true })
await writeFile(referencePath, await renderCliReference())
await writeFile(configReferencePath, renderConfigReference())
await writeFile(configSchemaPath, `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
