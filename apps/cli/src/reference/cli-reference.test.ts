import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { commands } from '../command/registry.ts'
import { globalOptions } from '../session/global-option.ts'
import { renderCliReference } from './cli-reference.ts'
import { referencePath } from './reference-path.ts'

test('docs/reference/cli.md is what the descriptions say (else run apps/cli/src/reference/write-cli-reference.ts)', async () => {
  expect(await readFile(referencePath, 'utf8')).toBe(await renderCliReference())
})

test.each(Object.keys(commands))('%s describes itself completely and consistently', async (name) => {
  const command = await commands[name]?.()
  expect(command?.name).toBe(name)
  expect(command?.purpose).not.toMatch(/\.$/)
  expect(command?.examples.length).toBeGreaterThan(0)
  for (const example of command?.examples ?? []) expect(example.command).toContain('holdfast')
  expect(command?.exitCodes.map(({ code }) => code)).toContain(0)
  for (const option of Object.values(command?.options ?? {})) expect(option.help).toMatch(/\.$/)
})

test.each(Object.keys(commands))('%s has no option that hides another', async (name) => {
  const options = (await commands[name]?.())?.options ?? {}
  expect(Object.keys(options).filter((key) => key in globalOptions)).toEqual([])
  const letters = [...Object.values(options), ...Object.values(globalOptions)].flatMap(({ short }) => short ?? [])
  expect(letters.toSorted()).toEqual([...new Set(letters)].toSorted())
})
