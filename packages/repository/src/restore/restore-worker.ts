import { answerJobs, openWorkerPort } from '../engine/worker-port.ts'
import { createThread } from './create-thread.ts'
import { createJobRunner } from './run-job.ts'
import type { RestoreJob, RestoreNote, RestoreResult, RestoreSetup } from './restore-protocol.ts'

answerJobs<RestoreJob, RestoreResult>(createJobRunner(createThread(openWorkerPort<RestoreSetup, RestoreNote>())))
