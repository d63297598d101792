/** Worker thread that opens files which came from outside. */
import { answerJobs, openWorkerPort } from '../engine/worker-port.ts'
import { inspectFile } from './inspect-file.ts'
import type { IntakeJob, IntakeResult, IntakeSetup } from './intake-job.ts'

const { setup } = openWorkerPort<IntakeSetup, never>()
const key = {
  encrypt: Buffer.from(setup.key.encrypt),
  macK: Buffer.from(setup.key.macK),
  macR: Buffer.from(setup.key.macR),
}

answerJobs<IntakeJob, IntakeResult>((job) => inspectFile(key, job))
