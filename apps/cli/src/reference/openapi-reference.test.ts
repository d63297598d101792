import { readFile } from 'node:fs/promises'
import { describeApi } from '@holdfast/api/openapi'
import { expect, test } from 'vitest'
import { programVersion } from '../command/version.ts'
import { openApiPath } from './reference-path.ts'

test('docs/reference/openapi.json is what the routes say (else run `npm run reference`)', async () => {
  expect(JSON.parse(await readFile(openApiPath, 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(describeApi(programVersion()))),
  )
})
