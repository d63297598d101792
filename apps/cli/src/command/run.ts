import { routineOperations } from '@holdfast/orchestrator/run/run'
import { flag, oneOf, single } from '../argument/option.ts'
import { defineCommand } from './command.ts'

const options = {
  repository: single({
    placeholder: '<name>',
    help: 'Copy to, forget in, or prove from this repository of the configuration.',
  }),
  from: single({ placeholder: '<name>', help: 'Copy: from this repository.', fallback: 'the first' }),
  target: oneOf({
    placeholder: '<state>',
    help: 'Verify: the newest state or a random one.',
    fallback: 'newest',
    choices: ['newest', 'random'],
  }),
  parts: single({
    placeholder: '<subset>',
    help: 'Check: read these parts of the data too, such as 3/12 or 1,2/12.',
    fallback: 'the structure only',
  }),
  queue: flag({ help: 'Only queue it, for a server or run-due to do.' }),
}

export type RunOptions = typeof options

export const run = defineCommand({
  name: 'run',
  purpose: 'Do one operation of the configuration now',
  details: [
    'The run is recorded as scheduled ones are, keeps to the same limits, and waits for runs that are in its way. What follows a backup (copies, retention) is queued for the server or `holdfast run-due`.',
  ],
  arguments: [
    {
      name: 'operation',
      help: 'backup, copy, forget or verify of a source; prune or check of a repository.',
      required: true,
      repeatable: false,
      choices: routineOperations,
    },
    { name: 'name', help: 'The source or repository.', required: true, repeatable: false },
  ],
  options,
  examples: [
    { explanation: 'A backup before an upgrade', command: 'holdfast run backup shop-db' },
    { explanation: 'Can it be restored?', command: 'holdfast run verify shop-db --target random' },
    { explanation: 'Free space now', command: 'holdfast run prune offsite' },
  ],
  exitCodes: [
    { code: 0, meaning: 'succeeded' },
    { code: 1, meaning: 'failed, or a proof or check found something wrong' },
    { code: 3, meaning: 'done in part; what is missing is shown' },
    { code: 130, meaning: 'interrupted' },
  ],
  run: async (invocation) => await (await import('../run/run-by-hand.ts')).runByHand(invocation),
})
