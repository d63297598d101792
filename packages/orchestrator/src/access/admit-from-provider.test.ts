import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import { openCatalogue } from '../catalogue/open-catalogue.ts'
import { admitFromProvider } from './admit-from-provider.ts'

const ctx = quietContext()

test('somebody who comes for the first time through two windows at once is one user in both', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-admit-'))
  try {
    await using catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)
    const ada = { subject: 'https://id.example 7', names: ['ada', 'ada@example.org'], role: 'operator' } as const
    const admitted = await Promise.all([1, 2, 3].map(() => admitFromProvider(ada, catalogue, ctx)))
    expect(admitted.map(({ name }) => name)).toEqual(['ada', 'ada', 'ada'])
    expect(await catalogue.users.list()).toHaveLength(1)
    const other = { ...ada, subject: 'https://id.example 8', names: ['ada'] }
    await expect(admitFromProvider(other, catalogue, ctx)).rejects.toMatchObject({ code: 'USER_EXISTS' })
  } finally {
    rmSync(directory, { recursive: true })
  }
})
