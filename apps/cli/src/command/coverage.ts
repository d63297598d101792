import { single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const coverage = defineCommand({
  name: 'coverage',
  purpose: 'Show which instants of a source can be recovered',
  details: [
    'Every instant of a range can be recovered; between two ranges WAL, or the binary log of MySQL, is missing.',
  ],
  arguments: [{ name: 'source', help: 'Name of the source.', required: true, repeatable: false }],
  options: {
    timeline: single({ placeholder: '<number>', help: 'Show this timeline.', fallback: 'the newest' }, readWhole(1)),
  },
  examples: [{ explanation: 'How much would be lost now', command: 'holdfast coverage shop-db' }],
  exitCodes: repositoryExitCodes('failed, or nothing of the source can be recovered'),
  run: async (invocation) => {
    const [source = ''] = invocation.arguments
    const { options, output, ctx } = invocation
    await using session = await openSession(invocation, { lock: 'read' })
    const { findSourceType } = await import('@holdfast/orchestrator/source-type')
    if ((await findSourceType(session.repository, source, ctx)) === 'mysql') {
      const { readMysqlCoverage } = await import('@holdfast/orchestrator/mysql/read-mysql-coverage')
      const { mysqlCoverageMessage, renderMysqlCoverage } = await import('../mysql/mysql-coverage-report.ts')
      const found = await readMysqlCoverage(session.repository, source, ctx)
      output.line(renderMysqlCoverage(found))
      output.message(mysqlCoverageMessage(found))
      return found.coverage === undefined ? 1 : 0
    }
    const [{ readCoverage }, { coverageMessage, renderCoverage }] = await Promise.all([
      import('@holdfast/orchestrator/log/read-coverage'),
      import('../postgresql/coverage-report.ts'),
    ])
    const found = await readCoverage(session.repository, source, options.timeline ?? 'latest', ctx)
    output.line(renderCoverage(found, { columns: output.columns }))
    output.message(coverageMessage(found))
    return found.coverage === undefined ? 1 : 0
  },
})
