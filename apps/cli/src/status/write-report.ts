import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { AppError } from '@holdfast/core/errors/app-error'

/**
 * Puts a report where somebody may be reading the one before it: never half of one.
 * @throws AppError REPORT_UNWRITABLE
 */
export async function writeReport(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.part`
  try {
    await writeFile(unfinished, text)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new AppError('REPORT_UNWRITABLE', { path, reason: code }, { cause: error })
  }
}
