import { defineCommand } from './command.ts'

export const runDue = defineCommand({
  name: 'run-due',
  purpose: 'Do what the configuration says is due now, then end; for cron instead of a server',
  details: [
    'Looks at all schedules, does what is due and what follows from it, looks for findings and tells people, as the server does. What was missed while nobody called is made up for once. Logs are not followed: run `holdfast follow` or the server for that.',
  ],
  arguments: [],
  options: {},
  examples: [
    {
      explanation: 'In a crontab, every five minutes',
      command: '*/5 * * * * holdfast run-due --quiet --config /etc/holdfast/holdfast.yaml',
    },
  ],
  exitCodes: [
    { code: 0, meaning: 'everything that was due has succeeded, or nothing was' },
    { code: 1, meaning: 'a run failed' },
    { code: 3, meaning: 'a run was done in part' },
    { code: 130, meaning: 'interrupted; what was begun is handed back' },
  ],
  run: async (invocation) => await (await import('../run/run-due.ts')).runDue(invocation),
})
