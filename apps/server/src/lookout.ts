import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import { createObserver } from '@holdfast/orchestrator/finding/observe'
import { createMetrics } from '@holdfast/orchestrator/metrics/create-metrics'
import { pingDeadManSwitch } from '@holdfast/orchestrator/notification/dead-man-switch'
import { deliver } from '@holdfast/orchestrator/notification/deliver'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import { createCronClock } from '@holdfast/orchestrator/planning/cron-clock'
import { readFacts } from '@holdfast/orchestrator/planning/facts'
import { measureApplications, measureObjectives, objectiveSamples } from '@holdfast/orchestrator/planning/objectives'
import { createWallClock } from '@holdfast/orchestrator/planning/wall-clock'
import type { Run } from '@holdfast/orchestrator/run/run'
import type { ServerLog } from './server-log.ts'

export interface LookoutSurroundings {
  readonly catalogue: Catalogue
  readonly machine: Machine
  readonly log: ServerLog
  config(): EffectiveConfig
}

/** Watches how things stand, tells people, and answers those who ask. */
export interface Lookout {
  /** Finds out what is wrong, records the figures of objectives, and tells what is to be told. */
  look(ctx: Context): Promise<void>
  /** Schedules were looked at just now: only while they are does the dead-man's switch hear of us. */
  ticked(at: Date): void
  /** A run that this process did has ended. */
  ended(run: Run): void
  metrics(ctx: Context): Promise<{ readonly contentType: string; readonly text: string }>
}

export function createLookout({ catalogue, machine, log, config }: LookoutSurroundings): Lookout {
  const clock = createCronClock()
  const observer = createObserver(catalogue, clock)
  const wall = createWallClock()
  const metrics = createMetrics({ version: machine.version, withProcess: true })
  let hasTicked = false
  /** what is due is not queued before that, and would look forgotten */
  let hasEverTicked = false
  let failures = ''
  const tellPeople = async (ctx: Context): Promise<void> => {
    const resolveSecret = (reference: Parameters<Machine['resolveSecret']>[0]): Promise<string> =>
      machine.resolveSecret(reference, ctx)
    const { failed } = await deliver(config(), { catalogue, resolveSecret, wall }, ctx)
    const told = [...failed].map(([channel, reason]) => `${channel}: ${reason}`).join('; ')
    if (told !== '' && told !== failures) log.write('warning', `people could not be told: ${told}`)
    failures = told
    if (!hasTicked) return
    hasTicked = false
    const ping = await pingDeadManSwitch(config(), { marks: catalogue.marks, resolveSecret }, ctx)
    if (typeof ping === 'object') log.write('warning', `the dead man's switch could not be reached: ${ping.error}`)
  }
  return {
    ticked: (at) => {
      hasTicked = true
      hasEverTicked = true
      metrics.observeTick(at)
    },
    async look(ctx) {
      if (!hasEverTicked) return
      const facts = await readFacts(catalogue, config(), ctx.now())
      const { opened, resolved } = await observer.observe(facts)
      for (const { title, severity, key } of opened) log.write('warning', `finding: ${title}`, { severity, key })
      for (const { title, key } of resolved) log.write('info', `over: ${title}`, { key })
      const objectives = measureObjectives(facts, clock)
      const samples = objectiveSamples(facts, objectives, measureApplications(facts, objectives))
      if (samples.length > 0) await catalogue.samples.add(samples)
      await tellPeople(ctx)
    },
    ended: (run) => metrics.observeRun(run),
    async metrics(ctx) {
      const facts = await readFacts(catalogue, config(), ctx.now())
      return { contentType: metrics.contentType, text: await metrics.render(facts, clock) }
    },
  }
}
