import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launcherPath } from '../cli-fixture.ts'

/** More than a pipe holds, so that what is not waited for is lost. */
const sourceCount = 500
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-status-'))
  const sources = Array.from({ length: sourceCount }, (_, index) => `  source-${index}: { type: files, paths: [/srv] }`)
  const lines = [
    `catalogue: { type: sqlite, path: '${directory}/catalogue.db' }`,
    `repositories: { local: { location: '${directory}/backup', password: { env: HOLDFAST_PASSWORD } } }`,
    'sources:',
    ...sources,
  ]
  await writeFile(join(directory, 'holdfast.yaml'), `${lines.join('\n')}\n`)
  await using catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, quietContext())
  const time = new Date()
  await catalogue.snapshots.add(
    Array.from({ length: sourceCount }, (_, index) => ({
      ...{ repository: 'local', snapshotId: `${index}`.padStart(64, '0'), source: `source-${index}` },
      ...{ time: index === 7 ? new Date(time.getTime() - 100 * 3_600_000) : time, lineage: `run-${index}` },
    })),
  )
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** @param readAfterMs how long nobody reads what it prints */
async function run(words: readonly string[], readAfterMs = 0) {
  const child = spawn(process.execPath, [launcherPath, ...words], {
    cwd: directory,
    env: { HOME: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const texts = { stdout: '', stderr: '' }
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text))
  child.stdout.pause()
  await pause(readAfterMs)
  child.stdout.resume()
  await closed
  return { exitCode: child.exitCode, ...texts }
}

describe('holdfast status', () => {
  test('prints a whole JSON message to a reader that takes its time, and ends with 3 when a promise is broken', async () => {
    const { exitCode, stdout } = await run(['status', '--json'], 3000)
    expect(stdout.length).toBeGreaterThan(200_000)
    const status: unknown = JSON.parse(stdout)
    expect(status).toMatchObject({ message_type: 'status', all_kept: false })
    expect(exitCode).toBe(3)
  })

  test('shows only what needs somebody, or what was named', async () => {
    const broken = await run(['status', '--broken'])
    expect(broken.stdout.match(/^source-\d+/gm)).toEqual(['source-7'])
    expect(broken.stdout).not.toContain('\u001B')
    const named = await run(['status', 'source-1', 'source-2'])
    expect(named.stdout.match(/^source-\d+/gm)).toEqual(['source-1', 'source-2'])
    expect(named.exitCode).toBe(0)
  })

  test('refuses a source that is none', async () => {
    const { exitCode, stderr } = await run(['status', 'sorce-1'])
    expect(exitCode).toBe(1)
    expect(stderr).toBe('holdfast: there is no source sorce-1 in the configuration\nhint: Did you mean source-1?\n')
  })
})

describe('holdfast report', () => {
  test('writes a page by the name of its file, and leaves nothing unfinished', async () => {
    const { exitCode } = await run(['report', 'source-1', '--output', 'report.html'])
    expect(exitCode).toBe(0)
    expect(await readFile(join(directory, 'report.html'), 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\n$/)
    expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([])
    const markdown = await run(['report', 'source-1'])
    expect(markdown.stdout).toContain('### source-1')
  })

  test('says why it cannot write', async () => {
    const { exitCode, stderr } = await run(['report', 'source-1', '--output', 'nowhere/report.md'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('cannot write the report to nowhere/report.md: ENOENT')
  })
})
