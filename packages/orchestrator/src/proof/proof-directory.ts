import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectoryIn } from '@holdfast/connectors/process/make-directory-in'
import { isProcessAlive } from '@holdfast/repository/lock/lock-identity'

/** Named holdfast-proof-<process id>-<random>. */
const prefix = 'holdfast-proof-'

export interface ProofDirectory extends AsyncDisposable {
  readonly path: string
}

/** An empty directory that is removed afterwards, as are those that dead processes left behind. */
export async function openProofDirectory(parent: string): Promise<ProofDirectory> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined
    if (pid === undefined || isProcessAlive(Number(pid))) continue
    await rm(join(parent, name), { recursive: true, force: true })
  }
  const path = await makeDirectoryIn(parent, `${prefix}${process.pid}-`)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
