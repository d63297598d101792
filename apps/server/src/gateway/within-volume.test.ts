import { quietContext } from '@holdfast/core/context'
import { parseVolume, volumeMark } from '@holdfast/orchestrator/agent/agent-volume'
import { expect, test } from 'vitest'
import { withinVolume } from './within-volume.ts'

test('what was not stored after all is taken back from the day to which it was counted, also after midnight', async () => {
  const kept = new Map<string, string>()
  const marks = {
    get: async (key: string) => kept.get(key),
    list: async () => kept,
    async set(key: string, value: string) {
      kept.set(key, value)
    },
    async remove(key: string) {
      kept.delete(key)
    },
    async compareAndSet(key: string, _expected: string | undefined, value: string) {
      kept.set(key, value)
      return true
    },
  }
  let now = new Date('2026-11-20T23:59:59Z')
  const ctx = quietContext({ now: () => now })
  const grant = { agent: 'web', role: 'append-only', repositories: new Set<string>(), sources: new Map() } as const
  const upload = (sizeBytes: number) => ({ file: { type: 'data', name: 'aa' }, grant, sizeBytes }) as const
  await withinVolume(marks, upload(5), async () => {}, ctx)
  const cut = async (): Promise<void> => {
    now = new Date('2026-11-21T00:00:01Z')
    await withinVolume(marks, upload(7), async () => {}, ctx)
    throw new Error('the connection is cut')
  }
  await expect(withinVolume(marks, upload(100), cut, ctx)).rejects.toThrow('cut')
  const { days } = parseVolume(kept.get(volumeMark('web')))
  expect(Object.fromEntries(days)).toEqual({ '2026-11-20': 5, '2026-11-21': 7 })
})
