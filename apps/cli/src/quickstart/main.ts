import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { createOutput } from '../output/output.ts'
import { reportError } from '../output/report-error.ts'
import { createInterruption } from '../session/interruption.ts'
import { runQuickstart } from './run-quickstart.ts'

// Proves on this machine, with real files, that what is backed up can be restored: `npm run quickstart [-- --keep --brief]`.
// --brief takes few of them.
const interruption = createInterruption()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interruption.interrupt(performance.now()))
}
const output = createOutput({
  stdout: process.stdout,
  stderr: process.stderr,
  json: false,
  quiet: !process.stdout.isTTY,
  verbosity: 0,
  progressIntervalMs: undefined,
  nowMs: () => performance.now(),
})
const ctx: Context = { signal: interruption.signal, emit: output.emit, now: () => new Date() }
const isKept = process.argv.includes('--keep')
const isBrief = process.argv.includes('--brief')
const directory = await mkdtemp(join(tmpdir(), 'holdfast-quickstart-'))
try {
  await mkdir(join(directory, 'source'))
  const password = randomBytes(16).toString('hex')
  const quickstart = { directory, password, output, isKept, isBrief, path: process.env['PATH'] }
  const isProven = await runQuickstart(quickstart, ctx)
  process.exitCode = isProven ? 0 : 1
} catch (error) {
  output.finish()
  process.exitCode = reportError(error, { stderr: process.stderr, json: false })
} finally {
  output.finish()
  if (!isKept) await rm(directory, { recursive: true, force: true })
}
