import { AppError } from '@holdfast/core/errors/app-error'
import { initRepository } from '@holdfast/repository/open/init-repository'
import { firstGiven } from '../argument/first-given.ts'
import { flag, oneOf } from '../argument/option.ts'
import { printable } from '../output/printable.ts'
import { findPassword } from '../session/find-password.ts'
import { currentIdentity } from '../session/identity.ts'
import { openSession, openStore, type SessionRequest } from '../session/open-session.ts'
import { sourceOptions, sourceRepositoryOptions } from '../session/source-option.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const init = defineCommand({
  name: 'init',
  purpose: 'Create a repository',
  details: [
    'The password is the only way to read the repository: whoever loses it loses the backups. On a terminal it is asked for twice.',
  ],
  arguments: [],
  options: {
    repositoryVersion: oneOf({
      placeholder: '<version>',
      help: 'Format version: 1 (without compression, for restic before 0.14), 2, stable or latest.',
      fallback: 'stable',
      choices: ['1', '2', 'stable', 'latest'],
    }),
    copyChunkerParams: flag({
      help: 'Cut files as the source repository does, so that both deduplicate alike and one backup can fill both.',
    }),
    configured: flag({
      help: 'Create every repository that the configuration names and that is not there yet; all cut alike.',
    }),
    ...sourceOptions,
  },
  examples: [
    { explanation: 'On a local disk', command: 'holdfast -r /srv/backup init' },
    {
      explanation: 'A second one, for copies of the first',
      command: 'holdfast -r s3:https://s3.example.com/bucket init --copy-chunker-params --from-repo /srv/backup',
    },
    { explanation: 'All of ./holdfast.yaml', command: 'holdfast init --configured' },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const { options, global, variables, ask, output, ctx } = invocation
    if (options.configured) {
      const other = firstGiven({ ...options, repo: global.repo }, [
        'repo',
        'copyChunkerParams',
        'fromRepo',
        'repositoryVersion',
      ])
      if (other !== undefined) throw new AppError('OPTIONS_CONFLICT', { first: '--configured', second: other })
      return await (await import('../run/init-configured.ts')).initConfigured(invocation)
    }
    await using backend = await openStore(invocation)
    const { location } = backend
    const chunking = options.copyChunkerParams ? await readPolynomial(invocation, options) : {}
    if (!options.copyChunkerParams && options.fromRepo !== undefined) {
      throw new AppError('ARGUMENT_INVALID', {
        name: '--from-repo',
        value: JSON.stringify(options.fromRepo),
        reason: 'it has a meaning only with --copy-chunker-params',
      })
    }
    const password = await findPassword({ options: global, role: 'main', location, variables, ask, confirm: true }, ctx)
    const version = options.repositoryVersion === '1' ? 1 : 2
    const identity = currentIdentity()
    const { config } = await initRepository(backend, password, { version, ...chunking, identity }, ctx)
    output.line(`created repository ${config.id.slice(0, 10)} at ${printable(location)}`)
    output.note('Keep the password safe: without it nothing can be restored.')
    output.message({ message_type: 'initialized', id: config.id, repository: location })
    return 0
  },
})

async function readPolynomial(
  request: SessionRequest,
  options: Parameters<typeof sourceRepositoryOptions>[0],
): Promise<{ chunkerPolynomial: bigint }> {
  await using session = await openSession(request, {
    lock: 'none',
    role: 'source',
    options: sourceRepositoryOptions(options),
  })
  return { chunkerPolynomial: session.repository.config.chunkerPolynomial }
}
