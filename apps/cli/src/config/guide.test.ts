import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quietContext } from '@holdfast/core/context'
import { readConfig } from '@holdfast/orchestrator/config/load-config'
import { renderProblems } from '@holdfast/orchestrator/config/render-problems'
import { expect, test } from 'vitest'

const guide = fileURLToPath(new URL('../../../../docs/guides/configuration.md', import.meta.url))

test('the configuration that the guide shows holds', async () => {
  const example = /^```yaml\n(# yaml-language-server[\s\S]*?)^```$/m.exec(await readFile(guide, 'utf8'))?.[1]
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-guide-'))
  const file = join(directory, 'holdfast.yaml')
  await writeFile(file, example ?? 'the guide has no example')
  const surroundings = { variables: () => undefined, hostname: 'h', timeZone: 'UTC', stateDirectory: directory }
  const { loaded, problems } = await readConfig(file, surroundings, quietContext())
  await rm(directory, { recursive: true })
  expect(renderProblems(problems)).toBe('')
  expect(loaded?.config.sources.size).toBe(4)
})
