import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Catalogue, SnapshotOverview } from '../catalogue/catalogue.ts'
import type { Run, RunDraft } from '../run/run.ts'
import type { RunQueue } from '../run/run-queue.ts'
import { type CronClock, createCronClock } from './cron-clock.ts'
import { type Decision, decide, draftFire, findActive } from './due-runs.ts'
import { planMissingCopies } from './missing-copies.ts'
import { listSchedules, type Schedule } from './schedule.ts'
import {
  adoptedMark,
  type AdoptedLine,
  baseOf,
  firedPrefix,
  formerLine,
  readAdopted,
  type ScheduleMemory,
  writeAdopted,
} from './schedule-memory.ts'

/** Marks `held/<schedule id>`: { fire, runId, since } while a fire waits for the run before it to end. */
const heldPrefix = 'held/'
/** What other servers have fired is looked up so often; a fire is never doubled in between, only asked for in vain. */
const rereadEveryMs = 60_000
const missingCopiesEveryMs = 600_000

export interface TickReport {
  /** what this tick has enqueued */
  readonly enqueued: readonly Run[]
  /** ids of schedules that are due but wait for their run before to end */
  readonly held: readonly string[]
  /** when something is due next, as far as is known now; absent: never */
  readonly nextAt?: Date
}

/** Enqueues what is due. Any number of servers may do so on one catalogue: a fire has one unique key. */
export interface Scheduler {
  /** To be called every second or so; costs next to nothing while nothing is due. */
  tick(config: EffectiveConfig, ctx: Context): Promise<TickReport>
}

interface Entry {
  readonly schedule: Schedule
  wakeMs: number
}

interface Knowledge {
  readonly config: EffectiveConfig
  readonly readMs: number
  readonly entries: readonly Entry[]
  readonly fired: Map<string, string>
  memory: ScheduleMemory
  /** as it stands in the catalogue, for compareAndSet */
  readonly adoptedText: string | undefined
  /** schedules with a fire of their former line that is still to come */
  readonly owing: Set<string>
  /** marks `checked/…` and `held/…` as they were read */
  readonly marks: Map<string, string>
}

/** One tick of a process that does not stay: `run-due`. */
export async function tick(
  catalogue: Catalogue,
  queue: RunQueue,
  config: EffectiveConfig,
  ctx: Context,
): Promise<TickReport> {
  return createScheduler(catalogue, queue).tick(config, ctx)
}

/** Remembers between ticks when what is due next. */
export function createScheduler(catalogue: Catalogue, queue: RunQueue): Scheduler {
  const clock = createCronClock()
  let knowledge: Knowledge | undefined
  let copiesMs = Number.NEGATIVE_INFINITY
  return {
    tick: async (config, ctx) => {
      const nowMs = ctx.now().getTime()
      const age = knowledge === undefined ? Number.NaN : nowMs - knowledge.readMs
      const isFresh = knowledge?.config === config && age >= 0 && age < rereadEveryMs
      let overview: Promise<readonly SnapshotOverview[]> | undefined
      const readOverview = () => (overview ??= catalogue.snapshots.overview())
      const known =
        isFresh && knowledge !== undefined ? knowledge : await learn({ catalogue, config, nowMs, readOverview })
      knowledge = known
      const due = known.entries.filter(({ wakeMs }) => wakeMs <= nowMs)
      const findsCopies = Math.abs(nowMs - copiesMs) >= missingCopiesEveryMs
      const active = due.length > 0 || findsCopies ? await catalogue.runs.list({ states: ['queued', 'running'] }) : []
      const enqueued: Run[] = []
      const held: string[] = []
      for (const entry of due) {
        const outcome = await fire(entry, { catalogue, queue, known, active, nowMs, clock })
        if (outcome === 'held') held.push(entry.schedule.id)
        else if (outcome !== undefined) enqueued.push(outcome)
      }
      if (!isFresh) await adopt(catalogue, known, nowMs, clock)
      if (findsCopies) {
        copiesMs = nowMs
        const drafts = planMissingCopies(config, await readOverview(), [...active, ...enqueued], nowMs)
        enqueued.push(...(await enqueueAll(queue, drafts)))
      }
      const nextMs = known.entries.reduce((soonest, { wakeMs }) => Math.min(soonest, wakeMs), Number.POSITIVE_INFINITY)
      return { enqueued, held, ...(nextMs < Number.POSITIVE_INFINITY && { nextAt: new Date(Math.max(nowMs, nextMs)) }) }
    },
  }
}

/** Enqueues drafts; those whose unique key was there already are left out of the result. */
export async function enqueueAll(queue: RunQueue, drafts: readonly RunDraft[]): Promise<readonly Run[]> {
  const enqueued: Run[] = []
  for (const draft of drafts) {
    const run = await queue.enqueue(draft)
    if (run !== undefined) enqueued.push(run)
  }
  return enqueued
}

interface Learning {
  readonly catalogue: Catalogue
  readonly config: EffectiveConfig
  readonly nowMs: number
  readOverview(): Promise<readonly SnapshotOverview[]>
}

async function learn({ catalogue: { marks }, config, nowMs, readOverview }: Learning): Promise<Knowledge> {
  const [fired, adoptedText, checked, held] = await Promise.all([
    marks.list(firedPrefix),
    marks.get(adoptedMark),
    marks.list('checked/'),
    marks.list(heldPrefix),
  ])
  const schedules = listSchedules(config)
  const isAllFired = schedules.every(({ id, operation }) => operation !== 'backup' || fired.has(`${firedPrefix}${id}`))
  const backedUpMs = new Map<string, number>()
  for (const { source, newest } of isAllFired ? [] : await readOverview()) {
    backedUpMs.set(source, Math.max(newest.getTime(), backedUpMs.get(source) ?? Number.NEGATIVE_INFINITY))
  }
  const firedNow = new Map(fired)
  return {
    config,
    readMs: nowMs,
    // A line that was changed is obeyed as it was until it has made up for what it missed.
    entries: schedules.map((schedule) => ({ schedule, wakeMs: Number.NEGATIVE_INFINITY })),
    fired: firedNow,
    memory: { fired: firedNow, adopted: readAdopted(adoptedText), backedUpMs },
    adoptedText,
    owing: new Set(),
    marks: new Map([...checked, ...held]),
  }
}

interface FireSurroundings {
  readonly catalogue: Catalogue
  readonly queue: RunQueue
  readonly known: Knowledge
  readonly active: readonly Run[]
  readonly nowMs: number
  readonly clock: CronClock
}

/** Enqueues first and notes it after: a crash in between repeats the question, and the unique key answers it. */
async function fire(entry: Entry, surroundings: FireSurroundings): Promise<Run | 'held' | undefined> {
  const { catalogue, queue, known, active, nowMs, clock } = surroundings
  const { id } = entry.schedule
  const schedule = formerLine(entry.schedule, known.memory.adopted) ?? entry.schedule
  const decision = decide(schedule, baseOf(schedule, known.memory, nowMs), nowMs, clock)
  if (decision.kind !== 'due') {
    entry.wakeMs = wakeOf(decision, nowMs)
    if (decision.kind === 'wait' && decision.isOverdue) known.owing.add(id)
    return undefined
  }
  const before = findActive(schedule, active)
  if (before !== undefined) {
    known.owing.add(id)
    await noteHeld(entry, before, decision, surroundings)
    return 'held'
  }
  const marks = schedule.operation === 'check' ? await catalogue.marks.list('checked/') : known.marks
  const run = await queue.enqueue(draftFire(schedule, decision, { config: known.config, marks, nowMs }, clock))
  const key = `${firedPrefix}${id}`
  const fired = new Date(decision.fire.nominalMs).toISOString()
  const expected = known.memory.fired.get(key)
  const isNoted = await catalogue.marks.compareAndSet(key, expected, fired)
  known.fired.set(key, isNoted ? fired : ((await catalogue.marks.get(key)) ?? fired))
  known.owing.delete(id)
  entry.wakeMs = wakeOf(decide(schedule, baseOf(schedule, known.memory, nowMs), nowMs, clock), nowMs)
  if (known.marks.delete(`${heldPrefix}${id}`)) await catalogue.marks.remove(`${heldPrefix}${id}`)
  return run
}

async function noteHeld(
  { schedule }: Entry,
  before: Run,
  { fire: { nominalMs } }: Decision & { readonly kind: 'due' },
  { catalogue, known, nowMs }: FireSurroundings,
): Promise<void> {
  const key = `${heldPrefix}${schedule.id}`
  if (known.marks.has(key)) return
  const note = { fire: new Date(nominalMs).toISOString(), runId: before.id, since: new Date(nowMs).toISOString() }
  const text = JSON.stringify(note)
  known.marks.set(key, text)
  await catalogue.marks.set(key, text)
}

/** From now on the lines of the configuration count, but for those that still have a fire of the former line to make up. */
async function adopt(catalogue: Catalogue, known: Knowledge, nowMs: number, clock: CronClock): Promise<void> {
  const adopted = new Map<string, AdoptedLine>()
  const changed: Entry[] = []
  for (const entry of known.entries) {
    const { id, settings } = entry.schedule
    const before = known.memory.adopted.get(id)
    const isSame = before?.cron === settings.cron && before.timeZone === settings.timeZone
    if (before !== undefined && (isSame || known.owing.has(id))) adopted.set(id, before)
    else {
      adopted.set(id, { cron: settings.cron, timeZone: settings.timeZone, sinceMs: nowMs })
      changed.push(entry)
    }
  }
  if (changed.length === 0 && adopted.size === known.memory.adopted.size) return
  const text = writeAdopted(adopted)
  // Of several servers one writes it, the others read it within a minute.
  if (!(await catalogue.marks.compareAndSet(adoptedMark, known.adoptedText, text))) return
  known.memory = { ...known.memory, adopted }
  for (const entry of changed) {
    const { schedule } = entry
    entry.wakeMs = wakeOf(decide(schedule, baseOf(schedule, known.memory, nowMs), nowMs, clock), nowMs)
  }
}

function wakeOf(decision: Decision, nowMs: number): number {
  switch (decision.kind) {
    case 'due':
      return nowMs
    case 'wait':
      return decision.untilMs
    case 'never':
      return Number.POSITIVE_INFINITY
  }
}
