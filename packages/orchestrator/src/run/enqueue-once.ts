import { createHash } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { parseMarkFields } from '../catalogue/mark-fields.ts'
import type { Catalogue, MarkStore } from '../catalogue/catalogue.ts'
import { type Operation, operations, type Run, type RunDraft } from './run.ts'
import type { RunQueue } from './run-queue.ts'

/** What somebody asks for, under a key of their own. */
export interface AskedOnce {
  /** who: the keys of two people have nothing to do with each other */
  readonly by: string
  readonly key: string
  /** of all that is asked for */
  readonly digest: string
}

const prefix = 'asked/'
const rememberedMs = 86_400_000
/** clocks of servers and of the catalogue differ by less */
const clockMarginMs = 3_600_000

/** What a mark says: when it was asked, for what, and the unique key of the run; its id, once it is known. */
interface Claim {
  readonly at: Date
  readonly digest: string
  /** undefined: noted by a version that did not say so */
  readonly operation: Operation | undefined
  readonly uniqueKey: string
  readonly runId: string | undefined
}

/**
 * Queues a run that is asked for under a key. Who asks again within a day, because the answer got lost, is given the same
 * run, and nothing is queued, whichever server is asked and wherever the one before was killed. `draft` is made only
 * while there is no run. Fails with REQUEST_KEY_REUSED when something else is asked for, and as `draft` does.
 *
 * First the mark says which unique key the run will have, then the run is queued with it: no unique key is taken twice.
 */
export async function enqueueOnce(
  { marks, runs }: Pick<Catalogue, 'marks' | 'runs'>,
  queue: Pick<RunQueue, 'enqueue'>,
  asked: AskedOnce,
  draft: () => Promise<RunDraft>,
  ctx: Context,
): Promise<Run> {
  const name = `${prefix}${createHash('sha256').update(`${asked.by}\0${asked.key}`).digest('hex')}`
  for (;;) {
    const text = await marks.get(name)
    const before = claimOf(text)
    if (before !== undefined && !isForgotten(before, ctx.now())) {
      if (before.digest !== asked.digest) throw new AppError('REQUEST_KEY_REUSED', {})
      // looked for before a draft is made, which could fail because of this very run
      const known = before.runId === undefined ? await queuedBefore(before) : await runs.get(before.runId)
      if (known !== undefined) return before.runId === undefined ? await noted(known, before) : known
      return await enqueueAs({ ...(await draft()), uniqueKey: before.uniqueKey }, before)
    }
    const wanted = await draft()
    const { operation, uniqueKey } = wanted
    const claim = { at: ctx.now(), digest: asked.digest, operation, uniqueKey, runId: undefined }
    // else somebody was quicker: what they have asked for is found now
    if (await marks.compareAndSet(name, text, JSON.stringify(claim))) return await enqueueAs(wanted, claim)
  }

  async function enqueueAs(wanted: RunDraft, claim: Claim): Promise<Run> {
    const run = (await queue.enqueue(wanted)) ?? (await queuedBefore(claim))
    if (run === undefined) throw new Error('a run whose unique key is taken is not there')
    return await noted(run, claim)
  }

  async function noted(run: Run, claim: Claim): Promise<Run> {
    await marks.compareAndSet(name, JSON.stringify(claim), JSON.stringify({ ...claim, runId: run.id }))
    return run
  }

  async function queuedBefore({ at, operation, uniqueKey }: Claim): Promise<Run | undefined> {
    const since = new Date(at.getTime() - clockMarginMs)
    const listed = await runs.list({ ...(operation !== undefined && { operation }), since })
    return listed.find((each) => each.uniqueKey === uniqueKey)
  }
}

/** Forgets what nobody can ask for again. To be called now and then. */
export async function trimAsked(marks: MarkStore, now: Date): Promise<void> {
  for (const [name, text] of await marks.list(prefix)) {
    const claim = claimOf(text)
    if (claim === undefined || isForgotten(claim, now)) await marks.remove(name)
  }
}

function isForgotten({ at }: Claim, now: Date): boolean {
  return now.getTime() - at.getTime() >= rememberedMs
}

function claimOf(text: string | undefined): Claim | undefined {
  const fields = parseMarkFields(text)
  const [at, digest, uniqueKey] = [fields?.date('at'), fields?.text('digest'), fields?.text('uniqueKey')]
  if (at === undefined || digest === undefined || uniqueKey === undefined) return undefined
  const operation = operations.find((each) => each === fields?.text('operation'))
  return { at, digest, operation, uniqueKey, runId: fields?.text('runId') }
}
