import { AppError } from '@holdfast/core/errors/app-error'
import type { Invocation } from '../command/command.ts'
import { readPasswordFile } from '../session/find-password.ts'

const variable = 'HOLDFAST_USER_PASSWORD'

/**
 * The new password of a user: from HOLDFAST_USER_PASSWORD_FILE or HOLDFAST_USER_PASSWORD, else asked for twice; never from
 * an argument, which every user of the machine could see. Fails with USER_PASSWORD_MISSING, PASSWORD_UNREADABLE,
 * OPTIONS_CONFLICT.
 */
export async function findUserPassword(
  user: string,
  { variables, ask, ctx }: Pick<Invocation, 'variables' | 'ask' | 'ctx'>,
): Promise<string> {
  const file = variables(`${variable}_FILE`) ?? ''
  const given = variables(variable) ?? ''
  if (file !== '' && given !== '')
    throw new AppError('OPTIONS_CONFLICT', { first: `${variable}_FILE`, second: variable })
  if (given !== '') return given
  if (file !== '') {
    const read = await readPasswordFile(file, `${variable}_FILE`)
    if (read !== '') return read
    throw new AppError('PASSWORD_UNREADABLE', { origin: `${variable}_FILE`, reason: 'it is empty' })
  }
  const password = await ask?.(`new password for ${user}: `, ctx)
  if (ask === undefined || password === undefined || password === '') {
    throw new AppError('USER_PASSWORD_MISSING', { user })
  }
  if ((await ask('the same password again: ', ctx)) === password) return password
  throw new AppError('PASSWORD_UNREADABLE', { origin: 'the terminal', reason: 'the two entries differ' })
}
