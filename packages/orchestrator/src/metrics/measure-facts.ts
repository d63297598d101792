import { parseConfigError } from '../finding/noted-state.ts'
import { readChannelState } from '../notification/channel-state.ts'
import { oldestRead, readRotation } from '../planning/check-rotation.ts'
import type { CronClock } from '../planning/cron-clock.ts'
import type { Facts } from '../planning/facts.ts'
import { measureApplications, measureObjectives, type SourceObjectives } from '../planning/objectives.ts'
import { operations } from '../run/run.ts'
import { isMet, measureSources, measureSuccesses } from './measure-sources.ts'
import { type Measurement, measured, secondsOf, timestampOf } from './measurement.ts'

/** Everything that can be told from the facts of one moment. Pure. */
export function measureFacts(facts: Facts, clock: CronClock): Measurement[] {
  const objectives = measureObjectives(facts, clock)
  return [
    ...measured('configurationValid', {}, parseConfigError(facts.marks.get('config/error')) === undefined),
    ...measureSources(facts, objectives),
    ...measureSuccesses(facts),
    ...applications(facts, objectives),
    ...repositories(facts),
    ...openFindings(facts),
    ...activeRuns(facts),
    ...channels(facts),
  ]
}

function applications(facts: Facts, objectives: readonly SourceObjectives[]): Measurement[] {
  return measureApplications(facts, objectives).flatMap(({ name: application, rpo, rto }) => [
    ...measured('applicationObjectiveMet', { application, objective: 'rpo' }, isMet(rpo)),
    ...measured('applicationObjectiveMet', { application, objective: 'rto' }, isMet(rto)),
    ...measured('applicationRecoveryPointAge', { application }, secondsOf(rpo.actualMs)),
  ])
}

function repositories({ config, samples, marks, now, succeededRuns }: Facts): Measurement[] {
  const values = new Map(samples.map(({ figure, subject, value }) => [`${figure} ${subject}`, value]))
  return [...config.repositories.values()].flatMap(({ name: repository, capacityBytes, check }) => {
    const rotation = readRotation(marks.get(`checked/${repository}`))
    const own = succeededRuns.filter((run) => run.repository === repository && run.source === undefined)
    return [
      ...measured('repositorySize', { repository }, values.get(`repository-bytes repository/${repository}`)),
      ...measured('repositoryCapacity', { repository }, capacityBytes),
      ...measured('repositorySnapshots', { repository }, values.get(`repository-snapshots repository/${repository}`)),
      ...own.flatMap(({ operation, endedAt }) =>
        measured('repositoryLastSuccess', { repository, operation }, timestampOf(endedAt)),
      ),
      ...measured('repositoryReadPromise', { repository }, secondsOf(check.readAllWithinMs)),
      ...measured(
        'repositoryReadAge',
        { repository },
        rotation === undefined ? undefined : secondsOf(now.getTime() - oldestRead(rotation).getTime()),
      ),
    ]
  })
}

function openFindings({ openFindings: open }: Facts): Measurement[] {
  const groups = Map.groupBy(open, ({ kind, severity, acknowledged }) =>
    [kind, severity, acknowledged === undefined ? 'no' : 'yes'].join('\n'),
  )
  return [...groups].flatMap(([key, { length }]) => {
    const [kind = '', severity = '', acknowledged = ''] = key.split('\n')
    return measured('findings', { kind, severity, acknowledged }, length)
  })
}

/** All of them, zeros too. */
function activeRuns({ activeRuns: active }: Facts): Measurement[] {
  const groups = Map.groupBy(active, ({ operation, state }) => `${operation} ${state}`)
  return operations.flatMap((operation) =>
    (['queued', 'running'] as const).flatMap((state) =>
      measured('runsActive', { operation, state }, groups.get(`${operation} ${state}`)?.length ?? 0),
    ),
  )
}

function channels({ config, marks }: Facts): Measurement[] {
  return [...config.notifications.channels.keys()].flatMap((channel) =>
    measured('channelFailures', { channel }, readChannelState(marks, channel).failures),
  )
}
