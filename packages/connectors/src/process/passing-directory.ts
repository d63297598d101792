import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findAbandonedSandboxes } from './abandoned-sandboxes.ts'

/**
 * A private directory among the temporary files, for what goes with a program's run. A process that is killed cannot remove
 * its own, which may hold a password: those of dead processes go now.
 */
export async function makePassingDirectory(prefix: string): Promise<string> {
  for (const left of await findAbandonedSandboxes(tmpdir(), prefix)) await rm(left, { recursive: true, force: true })
  return await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
}
