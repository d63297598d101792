import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import type { ApiSurroundings } from './api-surroundings.ts'
import { createStatusAnswers } from './status-answers.ts'

test('a report looks back only as far as its figures find room in the memory of a server', async () => {
  const ask = askOf(1000)
  await expect(ask(40)).rejects.toThrow('it is read')
  await expect(ask(41)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
})

test('a report for which nobody said how far it looks back is not refused, however many sources there are', async () => {
  await expect(askOf(1334)()).rejects.toThrow('it is read')
})

/** Asks a server of so many sources, whose status cannot be read. */
function askOf(count: number): (days?: number) => Promise<unknown> {
  const source = { type: 'files', paths: ['/srv'], tier: 'temporary' }
  const names = Array.from({ length: count }, (_, number) => `source-${number}`)
  const config = effectiveConfigOf({
    repositories: { first: { location: '/srv/first', password: { env: 'PASSWORD' } } },
    sources: Object.fromEntries(names.map((name) => [name, source])),
  })
  const status = { read: () => Promise.reject(new Error('it is read')), forget: () => {} }
  // boundary: of the rest nothing is used before that
  const answers = createStatusAnswers({ config: () => config, status } as unknown as ApiSurroundings)
  return (days) => {
    const query = { format: 'html', ...(days !== undefined && { days }) } as const
    const input = { params: {}, query, body: {} }
    return answers['status.report'](input, { kind: 'local', name: 'local', role: 'viewer' }, quietContext())
  }
}
