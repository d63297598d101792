import { execFileSync } from 'node:child_process'
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cheapenKey } from '../key/testing/cheapen-key.ts'
import { type FilterSpec, type SourceFilter, createSourceFilter } from './source-filter.ts'

const programs = [...new Set(['restic', process.env['HOLDFAST_TEST_RESTIC'] ?? 'restic'])]
const signature = 'Signature: 8a477f597d28d172789f06886806bc55'

let work = ''
let tree = ''

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'holdfast-source-filter-'))
  tree = join(work, 'tree')
  const write = (path: string, content: string) => writeFileSync(join(tree, path), content)
  for (const directory of [
    'cache/below',
    'fake',
    'short',
    'tagged/below',
    'headed',
    'wrong',
    'both',
    'inner/CACHEDIR.TAG',
  ]) {
    mkdirSync(join(tree, directory), { recursive: true })
    write(`${directory}/data`, 'x'.repeat(20))
    write(`${directory}/small`, 'x'.repeat(10))
  }
  write('cache/CACHEDIR.TAG', `${signature}\nmore`)
  write('fake/CACHEDIR.TAG', `# ${signature}`)
  write('short/CACHEDIR.TAG', signature.slice(0, -1))
  write('tagged/.nobackup', '')
  write('headed/.tag', 'skip: me, please')
  write('wrong/.tag', 'do not skip')
  write('both/.nobackup', '')
  write('both/.tag', 'skip: me')
  symlinkSync('../tagged/.nobackup', join(tree, 'inner/.nobackup'))
  symlinkSync('a-target-longer-than-the-limit', join(tree, 'fake/link'))
})

afterAll(() => rmSync(work, { recursive: true, force: true }))

function readStart(directory: string | Uint8Array, name: string, sizeBytes: number): Uint8Array {
  const fd = openSync(join(Buffer.from(directory).toString(), name), 'r')
  try {
    const buffer = Buffer.alloc(sizeBytes)
    return buffer.subarray(0, readSync(fd, buffer, 0, sizeBytes, 0))
  } finally {
    closeSync(fd)
  }
}

/** A walk in the smallest form. */
function walk(filter: SourceFilter, path: string): string[] {
  if (filter.excludesPath(path)) return []
  const stat = lstatSync(path, { bigint: true })
  if (!stat.isDirectory()) return filter.excludesSize(stat.size) ? [] : [path]
  const names = readdirSync(path)
  const left = filter.remainingNames(path, names) ?? names
  return [path, ...left.flatMap((name) => walk(filter, join(path, name)))]
}

const cases: { options: string[]; spec: FilterSpec }[] = [
  { options: ['--exclude-caches'], spec: { excludeCaches: true } },
  { options: ['--exclude-if-present=.nobackup'], spec: { excludeIfPresent: ['.nobackup'] } },
  { options: ['--exclude-if-present=.tag:skip: me'], spec: { excludeIfPresent: ['.tag:skip: me'] } },
  {
    options: ['--exclude-if-present=.tag:skip: me', '--exclude-if-present=.nobackup', '--exclude-caches'],
    spec: { excludeIfPresent: ['.tag:skip: me', '.nobackup'], excludeCaches: true },
  },
  { options: ['--exclude-larger-than=15'], spec: { excludeLargerThanBytes: 15 } },
  { options: ['--exclude-larger-than=10'], spec: { excludeLargerThanBytes: 10 } },
  {
    options: ['--exclude=data', '--exclude=!tagged/**', '--iexclude=SMALL', '--exclude-caches'],
    spec: { excludes: ['data', '!tagged/**'], insensitiveExcludes: ['SMALL'], excludeCaches: true },
  },
]

describe.each(programs)('%s', (program) => {
  const environment = () => ({
    ...process.env,
    RESTIC_PASSWORD: 'x',
    RESTIC_REPOSITORY: join(work, `r${programs.indexOf(program)}`),
  })
  const restic = (...args: string[]) =>
    execFileSync(program, ['--no-cache', ...args], {
      env: environment(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })

  beforeAll(async () => {
    restic('init')
    await cheapenKey(environment().RESTIC_REPOSITORY, 'x')
  })

  test.each(cases)('leaves out the same as the filter with $options', ({ options, spec }) => {
    restic('backup', '--force', '--host', options.join(), ...options, tree)
    const stored = restic('ls', '--json', '--host', options.join(), 'latest')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): { path?: string } => JSON.parse(line))
      .flatMap(({ path }) => (path?.startsWith(tree) ? [path] : []))
    const everything = walk(createSourceFilter({}, readStart), tree)
    const kept = walk(createSourceFilter(spec, readStart), tree)
    expect(kept.length).toBeLessThan(everything.length)
    expect(kept.sort()).toEqual(stored.sort())
  })
})
