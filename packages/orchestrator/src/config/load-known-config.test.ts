import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { quietContext } from '@holdfast/core/context'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadKnownConfig } from './load-known-config.ts'
import { type ConfigFiles, createConfigFiles, soundConfig } from './testing/config-files.ts'

const www = 'sources:\n  www: { type: files, paths: [/srv/www], timeout: "${LIMIT:-1h}" }\n'
const variables: Record<string, string> = {}

let files: ConfigFiles
beforeEach(async () => {
  delete variables['LIMIT']
  files = await createConfigFiles(variables)
  await write('holdfast.yaml', `include: [conf.d/*.yaml]\n${soundConfig}${www}`)
  await writeFile(join(files.directory, 'password'), 'canary')
  await mkdir(join(files.directory, 'conf.d'))
})
afterEach(() => files[Symbol.asyncDispose]())

const write = (name: string, text: string) => writeFile(join(files.directory, name), text)
const cachePlace = () => join(files.directory, 'cache', 'config')

function load(programStamp = '1', more: { hostname?: string } = {}): Promise<EffectiveConfig> {
  const cache = { directory: join(files.directory, 'cache'), programStamp }
  return loadKnownConfig(
    join(files.directory, 'holdfast.yaml'),
    { ...files.surroundings, ...more },
    cache,
    quietContext(),
  )
}

/** What was kept says nothing of origins. */
function isKept(config: EffectiveConfig): boolean {
  try {
    return config.origins.size === 0
  } catch {
    return true
  }
}

test('the second time nothing is read again, and all is the same', async () => {
  const [first, second] = [await load(), await load()]
  expect([isKept(first), isKept(second)]).toEqual([false, true])
  const { origins: _origins, ...rest } = first
  expect({ ...second }).toEqual(rest)
})

test.each<[string, () => Promise<unknown>]>([
  ['the file', () => write('holdfast.yaml', `${soundConfig}${www}`)],
  ['a new file of an include', () => write('conf.d/new.yaml', 'host: other\n')],
  ['a variable that is filled in', async () => (variables['LIMIT'] = '2h')],
])('a change of %s is seen', async (_what, change) => {
  await load()
  await change()
  expect(isKept(await load())).toBe(false)
  expect(isKept(await load())).toBe(true)
})

test('another program and another machine read for themselves', async () => {
  await load()
  expect(isKept(await load('2'))).toBe(false)
  expect(isKept(await load('1', { hostname: 'other' }))).toBe(false)
  expect(await readdir(cachePlace())).toHaveLength(1)
})

test('a file that does not hold any more is refused, whatever was kept', async () => {
  await load()
  await write('holdfast.yaml', 'sorces: {}\n')
  await expect(load()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('what is kept is private and without secrets; where it is damaged, the files are read again', async () => {
  await load()
  const [name = ''] = await readdir(cachePlace())
  const place = join(cachePlace(), name)
  expect((await stat(place)).mode & 0o777).toBe(0o600)
  const bytes = await readFile(place)
  expect(bytes.includes('canary')).toBe(false)
  bytes[40] = (bytes[40] ?? 0) ^ 1
  await writeFile(place, bytes)
  expect(isKept(await load())).toBe(false)
})

test('where nothing can be kept, nothing is', async () => {
  await write('cache', 'a file is in the way')
  expect(isKept(await load())).toBe(false)
  expect(isKept(await load())).toBe(false)
})
