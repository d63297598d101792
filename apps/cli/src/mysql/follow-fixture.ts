/** `holdfast follow` of a MySQL or MariaDB server for as long as a test needs it. Only for tests. */
import type { TestServer } from '@holdfast/connectors/mysql/testing/test-server'
import { expect } from 'vitest'
import type { CliFixture, CliRun } from '../cli-fixture.ts'

export interface RunningFollow {
  /** Waits until everything is stored that this server has committed by now. */
  stored(server: TestServer): Promise<void>
  /** Waits until it has said something. */
  said(text: string): Promise<void>
}

/** Follows while `work` is done, and stops as a service is stopped. `words`: connection and options. */
export async function followDuring(
  run: CliFixture['run'],
  words: readonly string[],
  work: (follow: RunningFollow) => Promise<void>,
): Promise<CliRun> {
  let [pid, shown, isOver] = [0, '', false]
  const following = run(['follow', ...words, '--flush-every', '200ms', '-v'], {
    onStart: (started) => (pid = started),
    onOutput: (text) => (shown += text),
  }).finally(() => (isOver = true))
  const until = async (isReached: () => boolean): Promise<void> => {
    await expect.poll(() => isReached() || isOver).toBe(true)
    if (!isReached()) throw new Error(`it has ended by itself: ${shown}`)
  }
  await work({
    async stored(server) {
      const [[now = ''] = []] = await server.sql("SELECT REPLACE(CONCAT(UTC_TIMESTAMP(6), 'Z'), ' ', 'T')")
      const claim = (): string =>
        Array.from(shown.matchAll(/recoverable until ([^\s,;:]+:[^\s,;]+)/g)).at(-1)?.[1] ?? ''
      await until(() => claim() > (now ?? ''))
    },
    said: (text) => until(() => shown.includes(text)),
  })
  process.kill(pid, 'SIGTERM')
  return await following
}
