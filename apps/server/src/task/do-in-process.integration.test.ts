import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Event } from '@holdfast/core/events/event'
import {
  createOperationFixture,
  type OperationFixture,
} from '@holdfast/orchestrator/operation/testing/operation-fixture'
import type { Run } from '@holdfast/orchestrator/run/run'
import { blankRun } from '@holdfast/orchestrator/run/testing/blank-run'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doInProcess } from './do-in-process.ts'
import type { Task } from './task-message.ts'

let fixture: OperationFixture
const password = process.env['PASSWORD']

beforeAll(async () => {
  fixture = await createOperationFixture(() => ({}))
  // the process has the environment of the test
  process.env['PASSWORD'] = 'correct horse'
})
afterAll(async () => {
  if (password === undefined) delete process.env['PASSWORD']
  else process.env['PASSWORD'] = password
  await fixture[Symbol.asyncDispose]()
})

function backupOf(command: readonly string[]): Task & { readonly type: 'run' } {
  const config = effectiveConfigOf({
    catalogue: { type: 'sqlite', path: join(fixture.directory, 'catalogue.db') },
    repositories: { first: { location: fixture.repositoryPath('first'), password: { env: 'PASSWORD' } } },
    sources: { dump: { type: 'command', command: [...command], tier: 'temporary' } },
  })
  const run: Run = { ...blankRun('run'), source: 'dump' }
  const { identity, homeDirectory, temporaryDirectory, cacheDirectory, version, workers } = fixture.machine
  const machine = { identity, homeDirectory, temporaryDirectory, cacheDirectory, version, workers }
  return { type: 'run', run, config, machine }
}

describe('a process of its own', () => {
  test('does a run and says what came of it', async () => {
    const { state, result } = await doInProcess(backupOf(['seq', '10']), quietContext())
    expect(state).toBe('succeeded')
    expect(result.bytesRead).toBe(21)
    const [record] = await fixture.catalogue.snapshots.list({ source: 'dump' })
    expect(record?.snapshotId).toBe(result.snapshots?.['first'])
  })

  test('tells how far it came in the end, however short it was', async () => {
    const figures: number[] = []
    const emit = (event: Event): void => {
      if (event.type === 'backup.progressed') figures.push(event.bytesDone)
    }
    await doInProcess(backupOf(['head', '-c', '20000000', '/dev/zero']), quietContext({ emit }))
    expect(figures.at(-1)).toBe(20_000_000)
  })

  test('fails as the run does, with code and hint', async () => {
    const error: unknown = await doInProcess(backupOf(['false']), quietContext()).catch((failure: unknown) => failure)
    expect(isAppError(error, 'SOURCE_COMMAND_FAILED')).toBe(true)
    expect(String(error)).toContain('the command false ended with exit code 1')
  })

  test('that dies is a failure that may pass', async () => {
    const dying = doInProcess(backupOf(['sh', '-c', 'kill -9 $PPID']), quietContext())
    await expect(dying).rejects.toMatchObject({ code: 'RUN_PROCESS_DIED', retryable: true })
    await expect(dying).rejects.toThrow('ended by SIGKILL')
  })

  test('stops when it is told to, with what it had started', async () => {
    const [begun, ended] = [join(fixture.directory, 'begun'), join(fixture.directory, 'ended')]
    const command = ['sh', '-c', `trap 'touch ${ended}; exit 1' TERM; touch ${begun}; while true; do sleep 0.1; done`]
    const stop = new AbortController()
    const stopping = doInProcess(backupOf(command), quietContext({ signal: stop.signal }))
    const settled = stopping.catch((failure: unknown) => failure)
    await expect.poll(() => existsSync(begun)).toBe(true)
    stop.abort()
    await settled
    expect(existsSync(ended)).toBe(true)
  })

  test('looks for what nobody protects', async () => {
    const compose = JSON.stringify({ services: { wiki: { image: 'postgres:17' } } })
    await writeFile(join(fixture.directory, 'compose.yaml'), compose)
    await mkdir(join(fixture.directory, 'proc', 'net'), { recursive: true })
    const request = {
      procDirectory: join(fixture.directory, 'proc'),
      socketDirectories: [],
      composeDirectories: [fixture.directory],
      engineSockets: [],
      config: undefined,
    }
    const found = await doInProcess({ type: 'discover', request, host: 'nas' }, quietContext())
    expect([...found.keys()]).toContain('discovered/nas/postgresql:wiki')
  })

  test('reads a configuration, or says with file and line why it does not hold', async () => {
    const path = join(fixture.directory, 'holdfast.yaml')
    const surroundings = { hostname: 'here', timeZone: 'UTC', stateDirectory: fixture.directory }
    await writeFile(
      path,
      'repositories:\n  local: { location: ./first, password: { env: PASSWORD } }\nsources:\n  web: { type: files, paths: [/etc], tier: temporary }\n',
    )
    const task = { type: 'load-config', path, surroundings } as const
    const { config, files, shown } = await doInProcess(task, quietContext())
    expect(config.sources.get('web')?.workload).toMatchObject({ type: 'files', paths: ['/etc'] })
    expect(files).toContain(path)
    expect(JSON.stringify(shown)).not.toContain('correct horse')
    await writeFile(path, 'sources:\n  web: { type: fils }\n')
    const error: unknown = await doInProcess(task, quietContext()).catch((failure: unknown) => failure)
    expect(isAppError(error, 'CONFIG_INVALID')).toBe(true)
    expect(String(error)).toContain(`${path}:2:`)
  })
})
