import { execFileSync } from 'node:child_process'
import type { Context } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { cheapenKey } from '../../key/testing/cheapen-key.ts'
import { openRepository } from '../../open/open-repository.ts'
import { readUnpacked } from '../../open/unpacked-files.ts'
import type { Repository } from '../../repository.ts'

const password = 'restore-tests'

/** Runs the restic on the PATH in a directory, on the repository at `path`. */
export function restic(path: string, workingDirectory: string, ...args: string[]): string {
  return execFileSync('restic', ['--quiet', '--no-cache', '-r', path, ...args], {
    cwd: workingDirectory,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', RESTIC_PASSWORD: password, HOME: workingDirectory, TZ: 'UTC' },
  })
}

/** Makes a repository by restic, with a key that is quick to derive. */
export async function initByRestic(path: string, workingDirectory: string): Promise<void> {
  restic(path, workingDirectory, 'init')
  await cheapenKey(path, password)
}

/** Opens a repository that restic made. */
export function openResticRepository(path: string, ctx: Context): Promise<Repository> {
  return openRepository(createLocalBackend(path), password, {}, ctx)
}

/** The same repository with its files elsewhere: a backend that workers cannot read themselves. */
export async function inMemory(repository: Repository, ctx: Context): Promise<Repository> {
  const backend = createMemoryBackend('copy')
  for (const type of ['config', 'key', 'index', 'snapshot', 'data'] as const) {
    for await (const file of repository.backend.list(type, ctx)) {
      await backend.write(file, await repository.backend.read(file, undefined, ctx), { content: 'data' }, ctx)
    }
  }
  return { ...repository, backend }
}

/** The root tree of the newest snapshot. */
export async function newestTree(repository: Repository, ctx: Context): Promise<string> {
  let newest = { time: '', tree: '' }
  for await (const file of repository.backend.list('snapshot', ctx)) {
    // boundary: restic wrote it
    const snapshot = JSON.parse((await readUnpacked(repository, file, ctx)).toString()) as typeof newest
    if (snapshot.time > newest.time) newest = snapshot
  }
  return newest.tree
}

/** Counts what is read of packs. */
export function countingReads(backend: Backend): Backend & { dataBytes: number } {
  const counting = {
    ...backend,
    traits: { connections: backend.traits.connections },
    dataBytes: 0,
    async read(...[file, range, ctx]: Parameters<Backend['read']>) {
      const bytes = await backend.read(file, range, ctx)
      if (file.type === 'data') counting.dataBytes += bytes.length
      return bytes
    },
  }
  return counting
}
