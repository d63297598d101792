import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import type { ApiSurroundings } from './api-surroundings.ts'
import { createStatusAnswers } from './status-answers.ts'

test('a report looks back only as far as its figures find room in the memory of a server', async () => {
  const source = { type: 'files', paths: ['/srv'], tier: 'temporary' }
  const names = Array.from({ length: 1000 }, (_, number) => `source-${number}`)
  const config = effectiveConfigOf({
    repositories: { first: { location: '/srv/first', password: { env: 'PASSWORD' } } },
    sources: Object.fromEntries(names.map((name) => [name, source])),
  })
  const status = { read: () => Promise.reject(new Error('it is read')), forget: () => {} }
  // boundary: of the rest nothing is used before that
  const answers = createStatusAnswers({ config: () => config, status } as unknown as ApiSurroundings)
  const ask = (days: number) => {
    const input = { params: {}, query: { format: 'html', days }, body: {} } as const
    return answers['status.report'](input, { kind: 'local', name: 'local', role: 'viewer' }, quietContext())
  }
  await expect(ask(40)).rejects.toThrow('it is read')
  await expect(ask(41)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
})
