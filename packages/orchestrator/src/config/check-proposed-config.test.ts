import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import { checkProposedConfig } from './check-proposed-config.ts'
import { createConfigFiles, soundConfig } from './testing/config-files.ts'

const variables = { TIER: 'important', OTHER: 'canary-of-the-environment' }

async function check(text: string): Promise<string[]> {
  await using files = await createConfigFiles(variables)
  await files.read({
    'holdfast.yaml': `include: [more.yaml, parts/*.yaml]\n${soundConfig}`,
    'more.yaml': 'sources:\n  web: { type: files, paths: [/srv], tier: "${TIER}" }\n',
    'parts/one.yaml': '{}\n',
    'elsewhere.yaml': 'canary-of-a-file: 1\n',
    'private/two.yaml': 'canary-of-a-directory: 1\n',
  })
  const path = join(files.directory, 'holdfast.yaml')
  return files.lines({ problems: await checkProposedConfig(path, text, files.surroundings, quietContext()) })
}

test('a text is read as if it stood in the place of the file', async () => {
  expect(await check(soundConfig)).toEqual([])
  expect(await check(`${soundConfig}sources:\n  web: { type: files, paths: [/srv], tier: critcal }\n`)).toEqual([
    expect.stringMatching(/^holdfast.yaml:6:.*sources.web.tier: there is no tier "critcal".*critical/),
  ])
})

test('variables and files that are in use already can be used', async () => {
  const text = `include: [more.yaml, parts/*.yaml]\n${soundConfig}`
  expect(await check(`${text}tiers: { temporary: { rpo: "\${TIER}" } }\n`)).toEqual([
    expect.stringContaining('tiers.temporary.rpo'),
  ])
})

test('of other variables and files of the machine nothing is told', async () => {
  const text = `include: [elsewhere.yaml, private/*.yaml]\n${soundConfig}sources:\n  web: { type: files, paths: [/srv], tier: "\${OTHER}" }\n`
  const lines = (await check(text)).join('\n')
  expect(lines).not.toContain('canary')
  expect(lines).toContain('the variable OTHER, which is not set')
  expect(lines.match(/not read for a text that is only to be checked/g)).toHaveLength(2)
})
