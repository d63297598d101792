import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { renderCliReference } from './cli-reference.ts'
import { referencePath } from './reference-path.ts'

await mkdir(dirname(referencePath), { recursive: true })
await writeFile(referencePath, await renderCliReference())
