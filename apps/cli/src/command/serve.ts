import { parseDurationMs } from '@holdfast/core/units/duration'
import { invalidArgument, single } from '../argument/option.ts'
import { defineCommand } from './command.ts'

const options = {
  grace: single(
    {
      placeholder: '<duration>',
      help: 'How long runs may go on after the signal to stop; then they are handed back and done later.',
      fallback: '30s',
    },
    parseDurationMs,
  ),
  lease: single(
    {
      placeholder: '<duration>',
      help: 'A run whose process gives no sign of life for so long is done again.',
      fallback: '3m',
    },
    readLease,
  ),
}

export type ServeOptions = typeof options

export const serve = defineCommand({
  name: 'serve',
  purpose: 'Keep the promises of the configuration around the clock',
  details: [
    'Makes backups when they are due, follows logs, copies, forgets, prunes, checks and proves, looks for what is wrong and tells people, and answers /metrics, /healthz and /readyz. Each run is done by a process of its own. Several servers can share one catalogue on PostgreSQL.',
    'The configuration is read again when a file of it changes and on SIGHUP; one that does not hold leaves the running one in force. What happens is written to standard error, one JSON object a line. SIGTERM ends it in an orderly way.',
  ],
  arguments: [],
  options,
  examples: [
    { explanation: 'With ./holdfast.yaml or /etc/holdfast/holdfast.yaml', command: 'holdfast serve' },
    { explanation: 'Another file', command: 'holdfast serve --config /srv/holdfast/holdfast.yaml' },
  ],
  exitCodes: [
    { code: 0, meaning: 'ended by a signal' },
    { code: 1, meaning: 'could not begin: configuration, catalogue or address' },
    { code: 130, meaning: 'interrupted a second time, and ended at once' },
  ],
  run: async (invocation) => await (await import('../run/run-serve.ts')).runServe(invocation),
})

function readLease(raw: string, label: string): number {
  const leaseMs = parseDurationMs(raw, label)
  if (leaseMs >= 1000 && leaseMs <= 3_600_000) return leaseMs
  throw invalidArgument(label, raw, 'it must be from 1s to 1h')
}
