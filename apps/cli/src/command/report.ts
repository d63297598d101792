import { parseDurationMs } from '@holdfast/core/units/duration'
import { oneOf, single } from '../argument/option.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand } from './command.ts'

const usualHistoryMs = 30 * 86_400_000

export const report = defineCommand({
  name: 'report',
  purpose: 'Write the status with its history as a page: Markdown or HTML',
  details: ['The HTML is one file with everything in it; it loads nothing from anywhere.'],
  arguments: [{ name: 'source', help: 'Only these sources.', required: false, repeatable: true }],
  options: {
    format: oneOf({
      placeholder: '<format>',
      help: 'markdown or html.',
      fallback: 'by the name of the file, else markdown',
      choices: ['markdown', 'html'],
    }),
    output: single({
      short: 'O',
      placeholder: '<file>',
      help: 'Write it to this file, replaced at once when it is complete.',
      fallback: 'print it',
      completes: 'file',
    }),
    history: single(
      { placeholder: '<duration>', help: 'How far back it looks, such as 90d.', fallback: '30d' },
      parseDurationMs,
    ),
  },
  examples: [
    { explanation: 'A page for the browser', command: 'holdfast report --output report.html' },
    { explanation: 'The last quarter, for a wiki', command: 'holdfast report --history 90d --format markdown' },
  ],
  exitCodes: [
    { code: 0, meaning: 'no promise is broken' },
    { code: 1, meaning: 'failed' },
    { code: 3, meaning: 'a promise is broken, the last restore that was tried failed, or there is nothing to restore' },
  ],
  run: async (invocation) => {
    const { options, output, ctx } = invocation
    const [{ readStatusFacts }, { statusOf }, { readReportHistory }, { createCronClock }, { chooseSources }] =
      await Promise.all([
        import('@holdfast/orchestrator/status/status-facts'),
        import('@holdfast/orchestrator/status/status-report'),
        import('@holdfast/orchestrator/status/report-history'),
        import('@holdfast/orchestrator/planning/cron-clock'),
        import('../status/choose-sources.ts'),
      ])
    await using plane = await openControlPlane(invocation)
    const now = ctx.now()
    const facts = await readStatusFacts(plane.catalogue, plane.loaded.config, now)
    const status = chooseSources(statusOf(facts, createCronClock()), invocation.arguments, false)
    const since = new Date(now.getTime() - (options.history ?? usualHistoryMs))
    const history = await readReportHistory(plane.catalogue, since)
    const isHtml = options.format === undefined ? /\.html?$/i.test(options.output ?? '') : options.format === 'html'
    const text = isHtml
      ? (await import('@holdfast/orchestrator/status/report-html')).renderHtml(status, history)
      : (await import('@holdfast/orchestrator/status/report-markdown')).renderMarkdown(status, history)
    if (options.output === undefined) await output.content(Buffer.from(text))
    else {
      const { writeReport } = await import('../status/write-report.ts')
      await writeReport(options.output, text)
      output.message({ message_type: 'report', file: options.output, format: isHtml ? 'html' : 'markdown' })
    }
    return status.sources.some(({ isBroken }) => isBroken) ? 3 : 0
  },
})
