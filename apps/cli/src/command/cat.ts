import { AppError } from '@holdfast/core/errors/app-error'
import { catObject, catTypes } from '@holdfast/repository/browse/cat-object'
import { invalidArgument } from '../argument/option.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

const withoutId = ['config', 'masterkey']

export const cat = defineCommand({
  name: 'cat',
  purpose: 'Print an object of the repository, decrypted',
  details: ['masterkey prints the keys that everything is encrypted with: keep what it prints secret.'],
  arguments: [
    { name: 'type', help: `${catTypes.join(', ')}.`, required: true, repeatable: false, choices: catTypes },
    {
      name: 'id',
      help: 'Id of the object, or its beginning; for a tree a snapshot and a directory, as in latest:/etc.',
      required: false,
      repeatable: false,
    },
  ],
  options: {},
  examples: [
    { explanation: 'The settings of the repository', command: 'holdfast cat config' },
    { explanation: 'The directory /etc as it was stored', command: 'holdfast cat tree latest:/etc' },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const {
      arguments: [word = '', id],
      output,
      ctx,
    } = invocation
    const type = catTypes.find((each) => each === word)
    if (type === undefined) throw invalidArgument('<type>', word, `it must be one of ${catTypes.join(', ')}`)
    if (id === undefined && !withoutId.includes(type)) {
      throw new AppError('ARGUMENT_MISSING', { command: `cat ${type}`, argument: '<id>' })
    }
    await using session = await openSession(invocation, { lock: 'none' })
    const found = await catObject(session.repository, type, id ?? '', ctx)
    if ('bytes' in found) {
      await output.content(found.bytes)
    } else {
      output.line(JSON.stringify(found.json, undefined, 2))
      output.message(found.json)
    }
    return 0
  },
})
