import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findServerBinaries, listInstallations } from './server-binaries.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-binaries-'))
afterAll(() => rmSync(directory, { recursive: true }))

function program(folder: string, name: string, prints: string): string {
  mkdirSync(join(directory, folder), { recursive: true })
  const path = join(directory, folder, name)
  writeFileSync(path, `#!/bin/sh\necho '${prints}'\n`)
  chmodSync(path, 0o755)
  return path
}

describe('server binaries', () => {
  it('are found where Debian puts them, with the tools beside them', async () => {
    const found = await findServerBinaries(15, {}, ['initdb', 'pg_dump'])
    expect(found).toMatchObject({ major: 15, directory: '/usr/lib/postgresql/15/bin' })
    expect(found?.programs).toMatchObject({ pg_dump: '/usr/lib/postgresql/15/bin/pg_dump' })
  })

  it('are found in the npm package', async () => {
    const found = await findServerBinaries(18, {}, ['initdb', 'pg_dump'])
    expect(found?.version).toMatch(/^18\./)
    expect(Object.keys(found?.programs ?? {})).toEqual(['postgres', 'initdb'])
  })

  it('are believed by what they say, not by where they lie', async () => {
    program('liar', 'postgres', 'postgres (PostgreSQL) 14.9')
    program('other', 'postgres', 'something else 99')
    const directories = [join(directory, 'other'), join(directory, 'liar')]
    expect(await findServerBinaries(99, { directories })).toBeUndefined()
    expect(await findServerBinaries(14, { directories })).toMatchObject({
      version: '14.9',
      directory: join(directory, 'liar'),
    })
  })

  it('of another version in the same folder are left out', async () => {
    program('mixed', 'postgres', 'postgres (PostgreSQL) 77.1 (Some 77.1-2)')
    program('mixed', 'initdb', 'initdb (PostgreSQL) 76.5')
    const found = await findServerBinaries(77, { path: `relative:${join(directory, 'mixed')}` }, ['initdb'])
    expect(found?.version).toBe('77.1')
    expect(Object.keys(found?.programs ?? {})).toEqual(['postgres'])
  })

  it('are not taken from folders with clients only, which are listed', async () => {
    program('clients', 'pg_dump', 'pg_dump (PostgreSQL) 78.2')
    symlinkSync('/nowhere', join(directory, 'clients', 'postgres'))
    const places = { directories: [join(directory, 'clients')] }
    expect(await findServerBinaries(78, places)).toBeUndefined()
    const installations = await listInstallations(['postgres', 'pg_dump'], places)
    expect(installations[0]).toMatchObject({ major: 78, programs: { pg_dump: join(directory, 'clients', 'pg_dump') } })
    expect(installations.map(({ major }) => major)).toEqual(
      installations.map(({ major }) => major).toSorted((a, b) => b - a),
    )
  })
})
