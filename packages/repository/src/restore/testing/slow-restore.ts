import { setTimeout as wait } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { restore } from '../restore.ts'
import type { RestoreRequest } from '../restore-request.ts'
import { openResticRepository } from './restic-repository.ts'

/*
 * A program that restores so slowly that it can be killed in the middle, and prints the report as JSON. Arguments: path of
 * the repository, request as JSON.
 */

const readDelayMs = 15

const [path = '', json = ''] = process.argv.slice(2)
const ctx = quietContext()
const repository = await openResticRepository(path, ctx)
const backend: Backend = {
  ...repository.backend,
  traits: { connections: 2 },
  async read(file, range, readCtx) {
    if (file.type === 'data') await wait(readDelayMs)
    return await repository.backend.read(file, range, readCtx)
  },
}
// boundary: the test that starts this passes a request
const report = await restore({ ...repository, backend }, JSON.parse(json) as RestoreRequest, ctx)
process.stdout.write(JSON.stringify(report))
