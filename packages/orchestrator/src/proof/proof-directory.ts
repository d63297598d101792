import { rm } from 'node:fs/promises'
import { findAbandonedSandboxes } from '@holdfast/connectors/process/abandoned-sandboxes'
import { makeDirectoryIn } from '@holdfast/connectors/process/make-directory-in'

/** Named holdfast-proof-<process id>-<random>. */
const prefix = 'holdfast-proof-'

export interface ProofDirectory extends AsyncDisposable {
  readonly path: string
}

/** An empty directory that is removed afterwards, as are those that dead processes left behind. */
export async function openProofDirectory(parent: string): Promise<ProofDirectory> {
  for (const left of await findAbandonedSandboxes(parent, prefix)) await rm(left, { recursive: true, force: true })
  const path = await makeDirectoryIn(parent, `${prefix}${process.pid}-`)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
