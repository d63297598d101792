import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { quietContext } from '@holdfast/core/context'
import { afterAll, describe, expect, it } from 'vitest'
import { restore } from './restore.ts'
import type { RestoreRequest } from './restore-request.ts'
import { countingReads, initByRestic, newestTree, openResticRepository, restic } from './testing/restic-repository.ts'
import { listTree, treeDifferences } from './testing/tree-listing.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-killed-'))
const ctx = quietContext()

afterAll(() => rmSync(root, { recursive: true, force: true }))

function startRestore(repositoryPath: string, request: RestoreRequest): ChildProcess {
  const program = fileURLToPath(new URL('./testing/slow-restore.ts', import.meta.url))
  return spawn(process.execPath, [program, repositoryPath, JSON.stringify(request)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function killInTheMiddle(child: ChildProcess, reached: () => boolean): Promise<void> {
  const ended = new Promise((resolve) => child.on('exit', resolve))
  while (child.exitCode === null && !reached()) await wait(5)
  child.kill('SIGKILL')
  await ended
}

describe('a restore whose process was killed', () => {
  it('is continued by the same request, which reads only what is missing', async () => {
    const source = join(root, 'source')
    mkdirSync(source)
    for (let d = 0; d < 20; d++) {
      mkdirSync(join(source, `d${d}`))
      for (let f = 0; f < 10; f++) writeFileSync(join(source, `d${d}/f${f}`), randomBytes(100_000))
    }
    writeFileSync(join(source, 'large'), randomBytes(40_000_000))
    const path = join(root, 'repository')
    await initByRestic(path, root)
    restic(path, root, 'backup', 'source')
    const repository = await openResticRepository(path, ctx)
    const tree = await newestTree(repository, ctx)
    const target = join(root, 'target')
    const flags = { delete: false, verify: false, dryRun: false, sparse: false, verbose: false }
    const request: RestoreRequest = { tree, target, overwrite: 'always', workers: 2, ...flags }

    const restored = join(target, 'source')
    const isHalfDone = (): boolean => existsSync(restored) && readdirSync(restored).length > 20 && done(restored) >= 10
    await killInTheMiddle(startRestore(path, request), isHalfDone)
    const names = [...listTree(restored).keys()]
    const sourceNames = new Set(listTree(source).keys())
    expect(names.filter((name) => !sourceNames.has(name))).toEqual([])
    expect(treeDifferences(listTree(source), listTree(restored))).not.toEqual([])

    const backend = countingReads(repository.backend)
    const report = await restore({ ...repository, backend }, request, ctx)
    expect(report.errors).toEqual([])
    expect(treeDifferences(listTree(source), listTree(restored))).toEqual([])
    expect(report.bytesSkipped).toBeGreaterThan(900_000)
    expect(report.bytesSkipped + report.bytesRestored).toBe(60_000_000)
    // trees and gaps come on top of the content
    expect(backend.dataBytes).toBeLessThan(report.bytesRestored * 1.02 + 3_000_000)
  })
})

/** directories in which something lies */
function done(restored: string): number {
  return readdirSync(restored).filter((name) => name !== 'large' && readdirSync(join(restored, name)).length === 10)
    .length
}
