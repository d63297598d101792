import type { NewKey } from '@holdfast/repository/key/add-key'
import { AppError } from '@holdfast/core/errors/app-error'
import { flag, type OptionValues, single } from '../argument/option.ts'
import type { Invocation } from '../command/command.ts'
import { readPasswordFile } from './find-password.ts'
import { currentIdentity } from './identity.ts'

/** Options of the commands that make a key. */
export const newKeyOptions = {
  newPasswordFile: single({ placeholder: '<file>', help: 'Read the new password from a file.', completes: 'file' }),
  newInsecureNoPassword: flag({ help: 'Make a key with an empty password (insecure).' }),
  host: single({ placeholder: '<host>', help: 'Host name of the new key.' }),
  user: single({ placeholder: '<user>', help: 'User name of the new key.' }),
}

/** The new key: its password from a file or the terminal. Fails with PASSWORD_…. */
export async function readNewKey({
  options,
  ask,
  ctx,
}: Pick<Invocation, 'ask' | 'ctx'> & { options: OptionValues<typeof newKeyOptions> }): Promise<NewKey> {
  const { username, hostname } = currentIdentity()
  const identity = { username: options.user ?? username, hostname: options.host ?? hostname }
  if (options.newInsecureNoPassword) {
    if (options.newPasswordFile === undefined) return { password: '', identity }
    throw new AppError('OPTIONS_CONFLICT', { first: '--new-password-file', second: '--new-insecure-no-password' })
  }
  if (options.newPasswordFile !== undefined) {
    const password = await readPasswordFile(options.newPasswordFile, '--new-password-file')
    if (password !== '') return { password, identity }
    throw new AppError('PASSWORD_UNREADABLE', { origin: options.newPasswordFile, reason: 'it is empty' })
  }
  if (ask === undefined) throw new AppError('NEW_PASSWORD_MISSING', {})
  const password = await ask('new password: ', ctx)
  if (password === '') throw new AppError('PASSWORD_UNREADABLE', { origin: 'the terminal', reason: 'it is empty' })
  if ((await ask('the same password again: ', ctx)) === password) return { password, identity }
  throw new AppError('PASSWORD_UNREADABLE', { origin: 'the terminal', reason: 'the two entries differ' })
}
