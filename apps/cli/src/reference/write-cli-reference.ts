import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configJsonSchema } from '@holdfast/core/config/config-json-schema'
import { renderCliReference } from './cli-reference.ts'
import { renderConfigReference } from './config-reference.ts'
import { configReferencePath, configSchemaPath, referencePath } from './reference-path.ts'

await mkdir(dirname(referencePath), { recursive: true })
await writeFile(referencePath, await renderCliReference())
await writeFile(configReferencePath, renderConfigReference())
await writeFile(configSchemaPath, `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
// lists that fit are put on one line, as in every other file
execFileSync(fileURLToPath(new URL('../../../../node_modules/.bin/oxfmt', import.meta.url)), [configSchemaPath])
