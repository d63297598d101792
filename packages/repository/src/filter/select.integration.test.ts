import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cheapenKey } from '../key/testing/cheapen-key.ts'
import { type PatternList, compilePatterns, matchExclude, matchInclude } from './select.ts'

/**
 * Pattern lists tried per run; raise it for a long comparison. Each costs one or two starts of restic (about half a
 * second).
 */
const rounds = Number(process.env['HOLDFAST_TEST_ROUNDS'] ?? 12)
const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? 7)
const programs = [...new Set(['restic', process.env['HOLDFAST_TEST_RESTIC'] ?? 'restic'])]

const names = [
  'a',
  'b',
  'aa',
  'ab',
  'A',
  'a.o',
  'B.log',
  '.x',
  'a b',
  'é',
  '€',
  'É',
  '[a]',
  'a*b',
  '!a',
  'caf\xe9',
  'a\\b',
]
const directories = ['a', 'b', 'ab', 'B', 'dé', 'c.d']

const component = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...names.slice(0, -2), ...directories) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      '*',
      '?',
      '??',
      'a*',
      '*.o',
      '*.*',
      '[ab]',
      '[^a]',
      '[a-c]*',
      '*b',
      '*a*',
      '\\[a]',
      'a\\*b',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('caf?', '[à-ü]', '*??', 'a?b', '?*?', '\\!a', 'a\\\\b', '[^a]*', 'c.[!d]', '*[.]*'),
  },
  { weight: 2, arbitrary: fc.constant('**') },
)

/** A line of a pattern list for a tree at `root`. */
const patternFor = (root: string) =>
  fc
    .tuple(
      fc.constantFrom('', '', '', '!'),
      fc.constantFrom('', '', `${root}/`, `${root}/`, '/**/'),
      fc.array(component, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('', '', '/', '//', '/.'),
    )
    .map(([not, start, components, end]) => not + start + components.join('/') + end)
    // These exclude everything, which restic refuses and which shows nothing.
    .filter((pattern) => !/^!?(\/\*\*\/)?[*?/.]*$/.test(pattern) && !/^(\*|\?)*\/(\*|\?)*/.test(pattern))

let work = ''
let tree = ''
/** Every path of the tree as bytes (latin1), directories before what they hold. */
const paths: { path: string; isDirectory: boolean }[] = []
const run = promisify(execFile)

function repositoryOf(program: string): string {
  return join(work, `repository-${programs.indexOf(program)}`)
}

function restic(program: string, ...args: string[]) {
  const environment = {
    ...process.env,
    RESTIC_PASSWORD: 'x',
    RESTIC_REPOSITORY: repositoryOf(program),
  }
  return run(program, ['--no-cache', ...args], { env: environment, maxBuffer: 1 << 28 })
}

function plant(directory: string, depth: number): void {
  mkdirSync(Buffer.from(directory, 'latin1'))
  paths.push({ path: directory, isDirectory: true })
  for (const name of names) {
    const path = `${directory}/${name === 'caf\xe9' ? name : Buffer.from(name).toString('latin1')}`
    if (depth > 0 && directories.includes(name)) continue
    writeFileSync(Buffer.from(path, 'latin1'), '')
    paths.push({ path, isDirectory: false })
  }
  if (depth === 0) return
  for (const name of directories) plant(`${directory}/${Buffer.from(name).toString('latin1')}`, depth - 1)
}

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'holdfast-patterns-'))
  // A name of its own between the temporary directory and the tree, so that no pattern excludes all.
  tree = join(work, 'source_tree')
  plant(tree, 2)
  for (const program of programs) {
    await restic(program, 'init')
    await cheapenKey(repositoryOf(program), 'x')
    await restic(program, 'backup', '--host', 'whole', tree)
  }
})

afterAll(() => rmSync(work, { recursive: true, force: true }))

/** Walks the planted tree as a backup does: nothing below an excluded directory is looked at. */
function keptBy(lists: readonly PatternList[]): string[] {
  const left: string[] = []
  return paths
    .filter(({ path, isDirectory }) => {
      if (left.some((directory) => path.startsWith(directory))) return false
      if (!lists.some((list) => matchExclude(list, Buffer.from(path, 'latin1')))) return true
      if (isDirectory) left.push(`${path}/`)
      return false
    })
    .map(({ path }) => Buffer.from(path, 'latin1').toString())
    .sort()
}

/** Walks as a restore does. */
function includedBy(lists: readonly PatternList[]): string[] {
  const left: string[] = []
  return paths
    .filter(({ path, isDirectory }) => {
      if (left.some((directory) => path.startsWith(directory))) return false
      const verdicts = lists.map((list) => matchInclude(list, Buffer.from(path, 'latin1')))
      if (isDirectory && !verdicts.some((verdict) => verdict.childMayMatch)) left.push(`${path}/`)
      return !isDirectory && verdicts.some((verdict) => verdict.matched)
    })
    .map(({ path }) => path)
    .sort()
}

/** Lists that chance seldom finds: several `**`, stars inside characters, negation below and of directories. */
const chosenLists = (): [string[], string[]][] =>
  [
    [`${tree}/**/a/**/b`],
    [`${tree}/**/**/ab`],
    [`${tree}/ab/**/**/a.o`],
    ['/**/ab/**/b/**/a'],
    ['b/**', '!b/**/a.o'],
    [`${tree}/*??`],
    [`${tree}/a/?*?`, `${tree}/b/*[^a]?`],
    [`${tree}/*`, `!${tree}/a`, `!${tree}/*.o`],
    [`${tree}/**`, `!${tree}`, '!ab', '!a*'],
    ['!a', 'a', '!a.o'],
  ].map((list) => [list, []])

const randomLists = () => [
  ...chosenLists(),
  ...fc.sample(
    fc.tuple(
      fc.array(patternFor(tree), { minLength: 1, maxLength: 5 }),
      fc.array(patternFor(tree), { minLength: 0, maxLength: 1 }),
    ),
    { numRuns: rounds, seed },
  ),
]

async function eachInParallel<Item>(items: readonly Item[], action: (item: Item, index: number) => Promise<void>) {
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) await action(item, index)
  }
  await Promise.all([worker(), worker(), worker(), worker()])
}

describe.each(programs)('%s', (program) => {
  test('backs up exactly the paths that excludes leave, chosen and random ones', async () => {
    await eachInParallel(randomLists(), async ([excludes, insensitive], round) => {
      const options = [...excludes.map((p) => `--exclude=${p}`), ...insensitive.map((p) => `--iexclude=${p}`)]
      const expected = keptBy([compilePatterns(excludes), compilePatterns(insensitive, { caseInsensitive: true })])
      const host = `round-${round}`
      try {
        await restic(program, 'backup', '--force', '--host', host, ...options, tree)
      } catch (error) {
        expect(String(error)).toMatch(/snapshot is empty/)
        expect({ options, expected }).toEqual({ options, expected: [] })
        return
      }
      const { stdout } = await restic(program, 'ls', '--json', '--host', host, 'latest')
      const stored = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line): { path?: string } => JSON.parse(line))
        .flatMap(({ path }) => (path?.startsWith(tree) ? [path] : []))
        .sort()
      expect({ options, stored }).toEqual({ options, stored: expected })
    })
  })

  test('restores exactly the files that includes select, chosen and random ones', async () => {
    await eachInParallel(randomLists(), async ([includes, insensitive], round) => {
      const options = [...includes.map((p) => `--include=${p}`), ...insensitive.map((p) => `--iinclude=${p}`)]
      const target = join(work, `restored-${round}`)
      await restic(program, 'restore', '--host', 'whole', '--target', target, ...options, 'latest')
      const restored = filesBelow(Buffer.from(target))
        .map((path) => path.slice(target.length))
        .sort()
      rmSync(target, { recursive: true, force: true })
      const lists = [compilePatterns(includes), compilePatterns(insensitive, { caseInsensitive: true })]
      expect({ options, restored }).toEqual({ options, restored: includedBy(lists) })
    })
  })

  test('refuses the malformed patterns that we refuse', async () => {
    const malformed = ['[a', 'x\\', '[]', '[a-]', '/b/[^]/c', '[]a]']
    const refusal: unknown = await restic(program, 'backup', ...malformed.map((p) => `--exclude=${p}`), tree).catch(
      (error: unknown) => error,
    )
    for (const pattern of malformed) {
      expect(String(refusal)).toMatch(/invalid pattern/)
      expect(String(refusal).split('\n')).toContain(pattern)
      expect(() => compilePatterns([pattern])).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    }
  })
})

function filesBelow(directory: Buffer): string[] {
  let entries
  try {
    entries = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' })
  } catch {
    return [] // nothing was selected, so the target was not made
  }
  return entries.flatMap((entry) => {
    const path = Buffer.concat([directory, Buffer.from('/'), entry.name])
    return entry.isDirectory() ? filesBelow(path) : [path.toString('latin1')]
  })
}
