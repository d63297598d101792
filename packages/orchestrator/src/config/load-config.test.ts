import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from './load-config.ts'
import { type ConfigFiles, createConfigFiles, soundConfig } from './testing/config-files.ts'

const opened: ConfigFiles[] = []
let files: ConfigFiles
beforeEach(async () => {
  files = await createConfigFiles({ HOST: 'db1', PORT: '5433', EMPTY: '', DB_PASSWORD: 'canary' })
  opened.push(files)
})
afterAll(async () => {
  for (const each of opened) await each[Symbol.asyncDispose]()
})

/** The problems of soundConfig with this behind it. */
async function problemsOf(more: string, others: Readonly<Record<string, string>> = {}): Promise<string[]> {
  return files.lines(await files.read({ 'holdfast.yaml': soundConfig + more, ...others }))
}

describe('problems are named by file, line and column', () => {
  test('with what is written, and what was probably meant', async () => {
    const found = await problemsOf(`sources:
  www:
    type: files
    paths: [/srv/www]
    tier: critcal
    timeout: soon
    exclude: ['*.tmp']
`)
    expect(found).toEqual([
      'holdfast.yaml:9:11 sources.www.tier: there is no tier "critcal"; did you mean critical?',
      'holdfast.yaml:10:14 sources.www.timeout: is not a duration with its unit: write numbers with the units ms, s, m, h, d, such as 1h30m ("soon" is written)',
      'holdfast.yaml:11:5 sources.www.exclude: is no setting; did you mean excludes?',
    ])
  })

  test('also when a key is there twice, which YAML would take silently', async () => {
    expect(await problemsOf('sources: {}\nrepositories: {}\n')).toEqual([
      'holdfast.yaml:6:1 repositories: is there twice: the first is in line 1',
    ])
    const twice = 'sources:\n  a: { type: files, paths: [/a] }\n  a: { type: files, paths: [/b] }\n'
    expect(await problemsOf(twice)).toEqual(['holdfast.yaml:7:3 sources.a: is there twice: the first is in line 6'])
  })

  test('also a name that JavaScript would lose', async () => {
    expect(await problemsOf('sources:\n  __proto__: { type: files, paths: [/a] }\n')).toEqual([
      'holdfast.yaml:6:3 sources.__proto__: is a name that nothing can have',
    ])
  })

  test('and for a value that a source has from its tier, at the tier', async () => {
    const found = await problemsOf(`tiers:
  rare:
    rpo: 1h
    backup: '0 3 * * *'
sources:
  a: { type: files, paths: [/a], tier: rare }
`)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^holdfast\.yaml:7:1 sources\.a\.rpo: promises 1h 00m, but 1d 0h pass between backups/)
  })

  test.each([
    ['a tab', 'sources:\n\ta: 1\n', 'holdfast.yaml:6:1 is indented by a tab; YAML takes blanks only'],
    ['an open quote', "host: 'x\n", /^holdfast\.yaml:\d+:\d+ lacks a quote, comma or bracket$/],
    ['an anchor that is not there', 'host: *x\n', /^holdfast\.yaml:5:\d+ .*refers to an anchor that is not there/],
    ['a second document', '---\nhost: x\n', /second document/],
  ])('%s is said plainly', async (_what, more, expected) => {
    const [first] = await problemsOf(more)
    if (typeof expected === 'string') expect(first).toBe(expected)
    else expect(first).toMatch(expected)
  })

  test('a list at the top, and a file of control characters', async () => {
    expect(files.lines(await files.read({ 'holdfast.yaml': '- a\n' }))[0]).toMatch(/^holdfast\.yaml:1:1 must be a map/)
    const { problems } = await files.read({ 'holdfast.yaml': '"a\\u001b[2J\\nb": 1\n' })
    const [line = ''] = files.lines({ problems })
    expect(line).toMatch(/^holdfast\.yaml:1:1 .*is no setting/)
    expect([...line].every((character) => character >= ' ')).toBe(true)
  })
})

describe('schedules', () => {
  test.each([
    ['never fires', '0 0 31 2 *', 'sources.a.backup.cron: never fires: there is no such day ("0 0 31 2 *" is written)'],
    ['has an hour that is none', '0 25 * * *', 'sources.a.backup.cron: is no cron line'],
    ['has a word that is no day', '0 2 * * funday', 'sources.a.backup.cron: is no cron line'],
  ])('a cron line that %s is refused', async (_what, cron, expected) => {
    const [found] = await problemsOf(`sources:\n  a: { type: files, paths: [/a], rpo: none, backup: '${cron}' }\n`)
    expect(found).toContain(`holdfast.yaml:6:`)
    expect(found).toContain(expected)
  })

  test('a promise shorter than the time between backups is refused, unless a log is followed', async () => {
    const source = (more: string) =>
      `sources:\n  a: { type: postgresql, connection: postgresql://db, tier: critical${more} }\n`
    expect(await problemsOf(source(''))).toEqual([])
    expect((await problemsOf(source(', log: off')))[0]).toMatch(/promises 15m 00s, but 6h 00m pass between backups/)
    expect(await problemsOf(source(', log: off, rpo: 6h'))).toEqual([])
    expect(await problemsOf(source(", log: off, backup: '*/15 * * * *'"))).toEqual([])
  })

  test('a day is a day, also where clocks are changed', async () => {
    expect(
      await problemsOf('timeZone: Europe/Berlin\nsources:\n  a: { type: files, paths: [/a], rpo: 24h }\n'),
    ).toEqual([])
  })

  test('a wrong cron line of a tier is said once, however many sources have the tier', async () => {
    const sources = Array.from(
      { length: 5 },
      (_, at) => `  s${at}: { type: files, paths: [/a${at}], tier: odd }\n`,
    ).join('')
    const found = await problemsOf(`tiers:\n  odd:\n    backup: '0 99 * * *'\nsources:\n${sources}`)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^holdfast\.yaml:7:1 sources\.s0\.backup\.cron: is no cron line: .*; the same for 4 more$/)
  })
})

describe('repositories', () => {
  test.each([
    ['s3:https://host', 'the bucket is missing'],
    ['b2:bucket', 'b2: is not a kind of storage known here'],
    ['rest:host/path', 'after rest: comes http://'],
  ])('a location %s is refused', async (location, reason) => {
    const text = `repositories:\n  far:\n    location: ${location}\n    password: { env: PW }\n`
    const [found] = files.lines(await files.read({ 'holdfast.yaml': text }))
    expect(found).toMatch(/^holdfast\.yaml:3:15 repositories\.far\.location: is not understood: /)
    expect(found).toContain(reason)
  })

  test('an unknown option of a store is refused with the nearest', async () => {
    const text = `repositories:\n  far:\n    location: s3:https://host/b\n    password: { env: PW }\n    options: { s3.storage-clas: X }\n`
    expect(files.lines(await files.read({ 'holdfast.yaml': text }))[0]).toMatch(
      /^holdfast\.yaml:5:\d+ repositories\.far\.options\.s3\.storage-clas: is no option.*Did you mean s3\.storage-class/,
    )
  })
})

test.each([
  ['/srv', 1],
  ['/srv/backup', 1],
  ['/srv/backup/restores', 1],
  ['/srv/restores', 0],
  ['/srv/backup-restores', 0],
])('restores to %s may come upon %i repositories in /srv/backup', async (place, count) => {
  const config = `repositories:\n  near: { location: /srv/backup, password: { env: P } }\nserver:\n  restoreTo: [${place}]\n`
  const { problems } = await files.read({ 'holdfast.yaml': config })
  const found = files.lines({ problems }).filter((line) => line.includes('server.restoreTo'))
  expect(found).toHaveLength(count)
  for (const line of found) expect(line).toContain('over the repository near')
})

describe('variables', () => {
  const source = (connection: string) => `sources:\n  a: { type: postgresql, connection: ${connection} }\n`
  const connectionOf = async (connection: string) => {
    const { loaded } = await files.read({ 'holdfast.yaml': soundConfig + source(connection) })
    const { workload } = loaded?.config.sources.get('a') ?? {}
    return workload?.type === 'postgresql' ? workload.connection : undefined
  }

  test('are filled in, with a default where one is not set or empty', async () => {
    expect(await connectionOf("'postgresql://${HOST}:${PORT}/${DB:-shop}${EMPTY:-x}'")).toEqual({
      text: 'postgresql://db1:5433/shopx',
    })
    expect(await connectionOf("'postgresql://$${HOST}'")).toEqual({ text: 'postgresql://${HOST}' })
  })

  test('can be numbers', async () => {
    const { loaded } = await files.read({
      'holdfast.yaml': `${soundConfig}    limits:\n      concurrency: \${JOBS:-7}\n`,
    })
    expect(loaded?.config.repositories.get('near')?.limits.concurrency).toBe(7)
  })

  test('that are not set are refused by name and place', async () => {
    expect(await problemsOf(source("'postgresql://${NOBODY}'"))).toEqual([
      'holdfast.yaml:6:38 sources.a.connection: names the variable NOBODY, which is not set; ${NOBODY:-default} gives it a default',
    ])
  })

  test('that hold a secret are not put into the configuration, and their value appears nowhere', async () => {
    const found = await problemsOf(`sources:\n  a: { type: command, command: [sh, -c, 'x -p\${DB_PASSWORD}'] }\n`)
    expect(found[0]).toMatch(
      /^holdfast\.yaml:6:\d+ sources\.a\.command\.2: puts the secret DB_PASSWORD into the config/,
    )
    expect(found.join('\n')).not.toContain('canary')
  })
})

describe('includes', () => {
  const www = 'sources:\n  www: { type: files, paths: [/srv/www] }\n'
  const db = 'sources:\n  db: { type: files, paths: [/srv/db] }\nnotifications:\n  routes: [{ channels: [b] }]\n'

  test('add sources and routes, in the order of their names; paths are relative to the file they stand in', async () => {
    const main = `include: ['conf.d/*.yaml']\n${soundConfig}notifications:\n  channels: { a: { type: slack, url: { file: a } } }\n  routes: [{ channels: [a] }]\n`
    const channel = 'notifications:\n  channels: { b: { type: slack, url: { file: b } } }\n'
    const { loaded, problems } = await files.read({
      'holdfast.yaml': main,
      'conf.d/1.yaml': www,
      'conf.d/2.yaml': db,
      'conf.d/3.yaml': channel,
      'conf.d/.hidden.yaml': 'nonsense',
      'conf.d/readme.txt': 'nonsense',
    })
    expect(problems).toEqual([])
    expect([...(loaded?.config.sources.keys() ?? [])]).toEqual(['www', 'db'])
    expect(loaded?.config.notifications.routes.map(({ channels }) => channels)).toEqual([['a'], ['b']])
    expect(loaded?.config.notifications.channels.get('b')).toMatchObject({
      url: { file: join(files.directory, 'conf.d/b') },
    })
    expect(loaded?.files.map((path) => path.slice(files.directory.length + 1))).toEqual([
      'holdfast.yaml',
      'conf.d',
      'conf.d/1.yaml',
      'conf.d/2.yaml',
      'conf.d/3.yaml',
    ])
  })

  test('cannot say anything twice, and both places are named', async () => {
    const found = await problemsOf(`include: [more.yaml]\n${www}`, { 'more.yaml': www })
    expect(found).toEqual(['more.yaml:2:3 sources.www: is there twice: the first is in holdfast.yaml:7'])
  })

  test('in a circle, or of files that are not there, are refused where they are written', async () => {
    const found = await problemsOf('include: [a.yaml, none.yaml]\n', { 'a.yaml': 'include: [holdfast.yaml]\n' })
    expect(found[0]).toBe('a.yaml:1:11 include: includes itself: holdfast.yaml → a.yaml → holdfast.yaml')
    expect(found[1]).toMatch(/^holdfast\.yaml:5:19 include: .*none\.yaml does not exist/)
  })

  test('name their own lines in problems and origins', async () => {
    const { loaded } = await files.read({ 'holdfast.yaml': `include: [b.yaml]\n${soundConfig}`, 'b.yaml': www })
    expect(loaded?.origins.get('sources.www.paths')).toEqual({
      from: 'source',
      name: 'www',
      file: join(files.directory, 'b.yaml'),
      line: 2,
    })
  })
})

describe('a file', () => {
  const load = (name: string) => loadConfig(join(files.directory, name), files.surroundings, quietContext())

  test('that is not there, a directory, or no UTF-8 is refused plainly', async () => {
    await mkdir(join(files.directory, 'folder'))
    await writeFile(join(files.directory, 'latin'), Buffer.from('host: caf\xe9\n', 'latin1'))
    await symlink('loop', join(files.directory, 'loop'))
    await expect(load('none.yaml')).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' })
    await expect(load('folder')).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE', message: /it is a directory/ })
    await expect(load('latin')).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE', message: /it is not UTF-8/ })
    await expect(load('loop')).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' })
  })

  test('that is refused says so with all problems in one block', async () => {
    await writeFile(join(files.directory, 'x.yaml'), 'sorces: {}\ntimezone: UTC\n')
    await expect(load('x.yaml')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: /has 2 errors:\n.*x\.yaml:1:1 sorces: .*\n.*x\.yaml:2:1 timezone: .*did you mean timeZone\?$/,
    })
  })

  test('of nothing is a configuration that protects nothing', async () => {
    expect((await files.read({ 'holdfast.yaml': '# later\n' })).loaded?.config.sources.size).toBe(0)
  })

  test('whose anchors multiply without end is refused', async () => {
    const bomb = Array.from(
      { length: 12 },
      (_, at) =>
        `a${at}: &a${at} [${Array(9)
          .fill(at === 0 ? 'x' : `*a${at - 1}`)
          .join(', ')}]`,
    )
    expect(files.lines(await files.read({ 'holdfast.yaml': bomb.join('\n') })).join('\n')).toContain(
      'nested too deeply',
    )
    expect(files.lines(await files.read({ 'holdfast.yaml': 'sources: &a { b: *a }\n' })).join('\n')).toMatch(
      /nested too deeply|anchor/,
    )
  })

  test('has the same digest as long as it means the same', async () => {
    const digest = async (more: string) => (await files.read({ 'holdfast.yaml': soundConfig + more })).loaded?.digest
    expect(await digest('# comment\n')).toBe(await digest(''))
    expect(await digest('host: other\n')).not.toBe(await digest(''))
  })
})

test('whatever stands in a file, it is read or refused, never a crash', { timeout: 120_000 }, async () => {
  const valid = `${soundConfig}tiers: { t: { extends: critical, keep: { daily: 3 } } }\nsources:\n  a: { type: files, paths: [/a], tier: t, rpo: none, blackouts: ['22:00-06:00'] }\n`
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ': ',
    '\n',
    '- ',
    '&a ',
    '*a',
    '"',
    "'",
    '${',
    '\t',
    'null',
    '!!set',
    '? ',
    '|',
    '~',
    '<<',
  )
  const change = fc.tuple(fc.nat(valid.length), fc.nat(12), fc.oneof(pieces, fc.string({ maxLength: 6 })))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const text = changes.reduce(
        (before, [at, length, piece]) => before.slice(0, at) + piece + before.slice(at + length),
        valid,
      )
      const { loaded, problems } = await files.read({ 'holdfast.yaml': text })
      expect(loaded !== undefined || problems.length > 0).toBe(true)
    }),
    { numRuns: 300 },
  )
})
