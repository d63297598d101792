import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { flag, oneOf, several, single } from '../argument/option.ts'
import { mysqlBinariesOption } from '../mysql/mysql-option.ts'
import { binariesOption, recoveryPointOption } from '../postgresql/postgres-restore-option.ts'
import { type ProofRequest, proofRequestOf } from '../proof/proof-request.ts'
import { recordProof, type ShownProof } from '../proof/record-proof.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, type Invocation, repositoryExitCodes } from './command.ts'

const options = {
  at: recoveryPointOption('random'),
  method: oneOf({
    placeholder: '<method>',
    help: 'Which kind of backup is proven: physical or logical.',
    fallback: 'that of the newest backup',
    choices: ['physical', 'logical'],
  }),
  assert: several({ placeholder: '<[database:]sql>', help: 'A query whose result must be true.' }),
  relation: several({
    placeholder: '<[database:]child.column->parent.column>',
    help: 'Every value of the one column must exist in the other.',
  }),
  unique: several({ placeholder: '<[database:]table.column>', help: 'No value of the column may occur twice.' }),
  sandbox: single({
    placeholder: '<directory>',
    help: 'Where there is space for the whole restore.',
    fallback: 'the directory for temporary files',
    completes: 'directory',
  }),
  inImage: single({
    placeholder: '<image>',
    help: 'Physical: run the scratch server out of this Docker image of the same major version, as postgres:15.',
  }),
  noRecord: flag({ help: 'Do not keep the result in the repository.' }),
  ...binariesOption,
  ...mysqlBinariesOption,
}

export type VerifyOptions = typeof options

export const verify = defineCommand({
  name: 'verify',
  purpose: 'Prove that a source can be recovered, by restoring it into a scratch server',
  details: [
    'The source is restored as it was at a point in time and started on a private socket, without network and without an archive. Rows are counted, B-trees, foreign keys and pages checked, your own assertions asked; then everything is removed again. The result is kept beside the backup, with the time each part took.',
    'A logical backup is loaded into an empty server of the version that was dumped, and compared with what was counted in the very snapshot of the dump: rows, sequences, large objects, extensions.',
  ],
  arguments: [{ name: 'source', help: 'Name of the source.', required: true, repeatable: false }],
  options,
  examples: [
    { explanation: 'The newest state', command: 'holdfast verify shop-db' },
    {
      explanation: 'Any second of the covered time, with a question of your own',
      command: "holdfast verify shop-db --at random --assert 'SELECT count(*) > 0 FROM orders'",
    },
  ],
  exitCodes: repositoryExitCodes('failed: a check found something wrong, or the proof could not be made'),
  run: async (invocation) => {
    const [source = ''] = invocation.arguments
    if (source === '') throw new AppError('ARGUMENT_MISSING', { command: 'verify', argument: 'a source' })
    const request = proofRequestOf(source, invocation)
    const { noRecord } = invocation.options
    const lock = noRecord ? 'read' : 'append'
    await using session = await openSession(invocation, { lock, changesNothing: noRecord })
    const { repository } = session
    return await recordProof(repository, await prove(repository, request, invocation), invocation)
  },
})

/** What is to be proven tells what it is proven with. */
async function prove(
  repository: Repository,
  request: ProofRequest,
  invocation: Invocation<VerifyOptions>,
): Promise<ShownProof> {
  const { findSourceType } = await import('@holdfast/orchestrator/source-type')
  if ((await findSourceType(repository, request.source, invocation.ctx)) === 'mysql') {
    return await (await import('../mysql/run-mysql-verify.ts')).runMysqlVerify(repository, request, invocation)
  }
  return await (await import('../postgresql/run-postgres-verify.ts')).runPostgresVerify(repository, request, invocation)
}
