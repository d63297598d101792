import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { writeArchiveFile } from './archive-file.ts'

const parent = mkdtempSync(join(tmpdir(), 'holdfast-archive-'))
afterAll(() => rmSync(parent, { recursive: true }))

/** No process has it: numbers end below. */
const deadProcess = 1 << 22

it('removes the dump that a killed restore left, and leaves that of one that works', async () => {
  const living = `holdfast-restore-${process.pid}-other`
  for (const name of [`holdfast-restore-${deadProcess}-x`, living]) mkdirSync(join(parent, name))
  async function* rubbish() {
    yield Buffer.from('no dump at all')
  }
  await expect(writeArchiveFile(rubbish(), 'shop', parent)).rejects.toMatchObject({ code: 'POSTGRES_DUMP_UNREADABLE' })
  expect(readdirSync(parent)).toEqual([living])
})
