import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { describe, expect, test } from 'vitest'
import { createResticFixture, type ResticFixture, resticPrograms } from '../snapshot/restic-fixture.ts'
import { acquireLock } from './acquire-lock.ts'
import { listLocks } from './list-locks.ts'
import { unlock } from './unlock.ts'

const ctx = quietContext()
const identity = { hostname: 'holdfast-test', username: 'tester', pid: process.pid }

describe.each(resticPrograms())('side by side with %s', (program) => {
  test('restic is refused while we hold the repository alone, and says who holds it', async () => {
    await using fixture = await createResticFixture(ctx)
    {
      await using _lock = await acquireLock(fixture.repository, { exclusive: true, identity }, ctx)
      const refused = await backup(fixture, program)
      // 11 since restic 0.17
      expect([1, 11]).toContain(refused.exitCode)
      expect(refused.stderr).toContain(`PID ${process.pid} on holdfast-test by tester`)
    }
    expect(await backup(fixture, program)).toMatchObject({ exitCode: 0 })
  })

  test('restic backs up while we share the repository, but cannot prune', async () => {
    await using fixture = await createResticFixture(ctx)
    await using _lock = await acquireLock(fixture.repository, { exclusive: false, identity }, ctx)
    expect(await backup(fixture, program)).toMatchObject({ exitCode: 0 })
    expect([1, 11]).toContain((await fixture.restic(program, ['prune'])).exitCode)
  })

  test('we are refused while restic works, and no longer once its process is gone', async () => {
    await using fixture = await createResticFixture(ctx)
    const { pid, child } = await startEndlessBackup(fixture, program)
    const asResticsHost = { ...identity, hostname: hostname(), username: (await onlyLock(fixture)).username }
    try {
      await expect(
        acquireLock(fixture.repository, { exclusive: true, identity: asResticsHost }, ctx),
      ).rejects.toMatchObject({
        code: 'REPOSITORY_LOCKED',
        details: { pid },
      })
      await using shared = await acquireLock(fixture.repository, { exclusive: false, identity: asResticsHost }, ctx)
      expect(shared.signal.aborted).toBe(false)
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const removed: string[] = []
    const reporting = { ...ctx, emit: (event: { type: string }) => removed.push(event.type) }
    await using lock = await acquireLock(fixture.repository, { exclusive: true, identity: asResticsHost }, reporting)
    expect(lock.exclusive).toBe(true)
    expect(removed).toEqual(['lock.removed'])
  })

  test('restic takes our lock of a dead process for stale, and we take its', async () => {
    await using fixture = await createResticFixture(ctx)
    const { child } = await startEndlessBackup(fixture, program)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const rule = { removeAll: false, identity: { ...identity, hostname: hostname() } }
    expect(await unlock(fixture.repository, rule, ctx)).toHaveLength(1)
    const deadPid = child.pid ?? 0
    const dead = { hostname: hostname(), username: 'tester', pid: deadPid }
    await using _lock = await acquireLock(fixture.repository, { exclusive: true, identity: dead }, ctx)
    expect(await fixture.restic(program, ['unlock'])).toMatchObject({ exitCode: 0 })
    expect(await listLocks(fixture.repository, ctx)).toEqual([])
  })
})

function backup(fixture: ResticFixture, program: string): ReturnType<ResticFixture['restic']> {
  return fixture.restic(program, ['backup', fixture.path])
}

/** A restic that waits for input that never comes, once it holds its lock. */
async function startEndlessBackup(
  fixture: ResticFixture,
  program: string,
): Promise<{ pid: number; child: ChildProcess }> {
  const env = { ...fixture.environment }
  const child = spawn(program, ['--repo', fixture.path, '--no-cache', 'backup', '--stdin'], {
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  for (let attempt = 0; attempt < 2400; attempt++) {
    if ((await listLocks(fixture.repository, ctx)).length > 0) return { pid: child.pid ?? 0, child }
    await delay(50)
  }
  child.kill('SIGKILL')
  throw new Error('restic did not lock the repository')
}

async function onlyLock(fixture: ResticFixture): Promise<{ username: string }> {
  const [listed] = await listLocks(fixture.repository, ctx)
  if (listed?.lock === undefined) throw new Error('there is no lock')
  return listed.lock
}
