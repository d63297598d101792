import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentProtocol } from '@holdfast/api/agent-protocol'
import { quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { openResultSpool } from '@holdfast/orchestrator/agent/result-spool'
import { afterAll, expect, test } from 'vitest'
import { createServerLog } from '../../server-log.ts'
import { type DeliverySurroundings, openDelivery } from './result-delivery.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-delivery-'))
afterAll(() => rmSync(directory, { recursive: true }))

test('a result that the server stumbles over keeps no other waiting, and is delivered later', async () => {
  const ctx = quietContext()
  const delivered: string[] = []
  let stumbles = true
  const ask = async (_name: string, { run }: { readonly run: string }) => {
    if (stumbles && run === 'run-1') throw new AppError('AGENT_SERVER_AWAY', { server: 's', reason: 'status 500' })
    delivered.push(run)
    return { counts: true }
  }
  const spool = await openResultSpool(directory)
  const log = createServerLog({ write: () => {} }, () => new Date())
  const self = { protocol: agentProtocol, version: '1', instance: 'x' }
  // boundary: nothing but results is asked about here
  const delivery = await openDelivery({ spool, log, self, link: { ask } as unknown as DeliverySurroundings['link'] })
  for (const run of ['run-1', 'run-2']) await delivery.add({ run, leasedBy: 'x', outcome: { state: 'cancelled' } })
  await expect(delivery.flush(ctx)).rejects.toMatchObject({ code: 'AGENT_SERVER_AWAY' })
  expect([delivered, delivery.pending()]).toEqual([['run-2'], ['run-1']])
  stumbles = false
  await delivery.flush(ctx)
  expect([delivered, delivery.pending()]).toEqual([['run-2', 'run-1'], []])
})
