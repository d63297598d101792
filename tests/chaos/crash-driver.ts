/**
 * Does one operation on repositories on the local disk and kills its own process, as a crash would, right before one
 * of the changes that the operation makes. Prints how many changes there were when it was allowed to finish.
 * Run: node crash-driver.ts <operation> <repository> <destination> <source> <number of the change, from 0>
 */
import { quietContext } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { withFaultInjection } from '@holdfast/storage/decorate/with-fault-injection'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { reopen } from '../scenario/scenario-repository.ts'
import { operate, operationNames } from './scenario.ts'

const [, , operation, repositoryPath = '', destinationPath = '', source = '', killAt = ''] = process.argv
const name = operationNames.find((each) => each === operation)
if (name === undefined) throw new Error(`unknown operation ${operation}`)
const ctx = quietContext()
let changes = 0

function deadly(backend: Backend): Backend {
  return withFaultInjection(backend, ({ method }) => {
    if (method !== 'write' && method !== 'remove') return undefined
    if (changes === Number(killAt)) process.kill(process.pid, 'SIGKILL')
    changes++
    return undefined
  })
}

const repository = await reopen(deadly(createLocalBackend(repositoryPath)), ctx)
const destination = await reopen(deadly(createLocalBackend(destinationPath)), ctx)
await operate(name, { repository, destination, source }, ctx)
process.stdout.write(String(changes))
