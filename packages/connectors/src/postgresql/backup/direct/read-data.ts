import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import { type ControlFile, parseControlFile } from './control-file.ts'

const attempts = 20
const pauseMs = 10

/** Runs an action on the data directory; what the system refuses becomes POSTGRES_DATA_UNREADABLE. */
export async function reading<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw new AppError('POSTGRES_DATA_UNREADABLE', { path, reason: error.message }, { cause: error })
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

/** Read again while its checksum does not fit: the server may be writing it, which is not atomic for a reader. */
export async function readControlFile(dataDirectory: string): Promise<{ bytes: Uint8Array; control: ControlFile }> {
  const path = join(dataDirectory, 'global/pg_control')
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const bytes = await reading(path, () => readFile(path))
    const control = parseControlFile(bytes)
    if (control !== undefined) return { bytes, control }
    await pause(pauseMs)
  }
  throw new AppError('POSTGRES_DATA_UNREADABLE', { path, reason: 'its checksum does not fit its content' })
}
