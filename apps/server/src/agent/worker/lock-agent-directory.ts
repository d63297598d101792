import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '@holdfast/core/errors/app-error'

/**
 * Keeps a second agent out of the directory, as long as this process lives: each would take the runs of the other. SQLite
 * locks the file so that the system lets go of it with the process, however that ends. Fails with AGENT_STATE_UNUSABLE.
 */
export function lockAgentDirectory(directory: string): Disposable {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 })
    database.exec('begin exclusive')
  } catch (error) {
    database?.close()
    const message = error instanceof Error ? error.message : String(error)
    const reason = /locked/.test(message) ? 'another agent works with it' : message
    throw new AppError('AGENT_STATE_UNUSABLE', { directory, reason }, { cause: error })
  }
  const held = database
  return { [Symbol.dispose]: () => held.close() }
}
