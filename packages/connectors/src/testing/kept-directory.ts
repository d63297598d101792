import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const cache = join(import.meta.dirname, '../../../../node_modules/.cache')

/**
 * Fills an empty directory with what `make` puts there: the first time. What it made is kept, and the next directory with the
 * same facts is a copy. Returns whether it is one.
 */
export async function fillDirectory(
  directory: string,
  { kind, facts }: { readonly kind: string; readonly facts: unknown },
  make: () => Promise<unknown>,
): Promise<boolean> {
  const name = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 24)
  const kept = join(cache, kind, name)
  if (existsSync(kept)) {
    await copy(kept, directory)
    return true
  }
  await make()
  mkdirSync(join(cache, kind), { recursive: true })
  const unfinished = `${kept}.${randomBytes(4).toString('hex')}`
  await copy(directory, unfinished)
  try {
    renameSync(unfinished, kept)
  } catch {
    // Another test was faster.
    rmSync(unfinished, { recursive: true, force: true })
  }
  return false
}

async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', '--', `${from}/.`, to])
}
