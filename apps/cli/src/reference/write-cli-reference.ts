import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configJsonSchema } from '@holdfast/core/config/config-json-schema'
import { programVersion } from '../command/version.ts'
import { describeApi } from '@holdfast/api/openapi'
import { renderCliReference } from './cli-reference.ts'
import { renderConfigReference } from './config-reference.ts'
import { configReferencePath, configSchemaPath, openApiPath, referencePath } from './reference-path.ts'

await mkdir(dirname(referencePath), { recursive: true })
await writeFile(referencePath, await renderCliReference())
await writeFile(configReferencePath, renderConfigReference())
await writeFile(configSchemaPath, `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
await writeFile(openApiPath, `${JSON.stringify(describeApi(programVersion()), null, 2)}\n`)
// lists that fit are put on one line, as in every other file
execFileSync(fileURLToPath(new URL('../../../../node_modules/.bin/oxfmt', import.meta.url)), [
  configSchemaPath,
  openApiPath,
])
