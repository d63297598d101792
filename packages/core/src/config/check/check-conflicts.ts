import type { ConfigProblem } from '../config-problem.ts'
import type { EffectiveConfig, SourceSettings, WindowSettings, WorkloadSettings } from '../effective-config.ts'

/** Things that are right each by itself and cannot hold together. */
export function checkConflicts(config: EffectiveConfig): ConfigProblem[] {
  const sources = [...config.sources.values()]
  return [
    ...checkTwice(sources),
    ...checkSlots(sources),
    ...checkServerIds(sources),
    ...checkAgents(config),
    ...checkGateways(config),
    ...sources.filter(({ blackouts }) => coverTheWeek(blackouts)).map(neverStarts),
  ]
}

/** The same data as two sources: two promises for one thing contradict each other, two equal ones only cost. */
function checkTwice(sources: readonly SourceSettings[]): ConfigProblem[] {
  const owners = new Map<string, SourceSettings>()
  return sources.flatMap((source): ConfigProblem[] => {
    const key = JSON.stringify([source.agent ?? '', dataOf(source.workload)])
    const owner = owners.get(key)
    owners.set(key, owner ?? source)
    if (owner === undefined) return []
    const path = ['sources', source.name]
    if (owner.tier === source.tier) {
      return [{ path, at: 'key', message: `backs up the same as ${owner.name}`, severity: 'warning' }]
    }
    const message = `backs up the same as ${owner.name}, which has the tier ${owner.tier} and not ${source.tier}: one thing cannot have two promises`
    return [{ path, at: 'key', message, severity: 'error' }]
  })
}

/** What is read, whatever is left out of it. */
function dataOf(workload: WorkloadSettings): string {
  switch (workload.type) {
    case 'files':
      return JSON.stringify(['files', [...workload.paths].sort()])
    case 'command':
      return JSON.stringify(['command', workload.command])
    case 'postgresql':
    // a physical and a logical backup of one server complete each other
    case 'mysql':
      return JSON.stringify([workload.type, workload.connection, workload.method === 'logical', workload.databases])
  }
}

/** Two followers of one slot would take each other's WAL away. */
function checkSlots(sources: readonly SourceSettings[]): ConfigProblem[] {
  const owners = new Map<string, string>()
  return sources.flatMap(({ name, log, workload }): ConfigProblem[] => {
    if (log !== 'continuous' || workload.type !== 'postgresql') return []
    const key = JSON.stringify([workload.connection, workload.slot])
    const owner = owners.get(key)
    owners.set(key, owner ?? name)
    if (owner === undefined) return []
    const message = `is ${workload.slot}, the slot of ${owner} on the same server already`
    return [{ path: ['sources', name, 'slot'], at: 'value', message, severity: 'error' }]
  })
}

/** The server ends the connection of the one when the other comes. Numbers that nobody wrote differ by themselves. */
function checkServerIds(sources: readonly SourceSettings[]): ConfigProblem[] {
  const owners = new Map<string, string>()
  return sources.flatMap(({ name, log, workload }): ConfigProblem[] => {
    if (log !== 'continuous' || workload.type !== 'mysql' || workload.serverId === undefined) return []
    const key = JSON.stringify([workload.connection, workload.serverId])
    const owner = owners.get(key)
    owners.set(key, owner ?? name)
    if (owner === undefined) return []
    const message = `is ${workload.serverId}, the number of the follower of ${owner} on the same server already`
    return [{ path: ['sources', name, 'serverId'], at: 'value', message, severity: 'error' }]
  })
}

/** What an agent does not do, and what it reaches differently from the servers. */
function checkAgents({ sources, agents, repositories }: EffectiveConfig): ConfigProblem[] {
  return [...sources.values()].flatMap((source): ConfigProblem[] => {
    const agent = agents.get(source.agent ?? '')
    if (agent === undefined) return []
    const path = ['sources', source.name]
    const problems: ConfigProblem[] = []
    if (source.log === 'continuous') {
      const message =
        'is continuous, and agents do not follow logs: say log: off and back up more often, or leave agent out, so that a server follows'
      problems.push({ path: [...path, 'log'], at: 'value', message, severity: 'error' })
    }
    const local = source.repositories.filter((name) => /^(?:\/|local:)/.test(repositories.get(name)?.location ?? ''))
    if (agent.gateway === 'off' && local.length > 0) {
      const message = `writes into ${local.join(', ')}, which for the agent ${agent.name} is a directory of its own machine: give the agent a gateway role, unless both share that disk`
      problems.push({ path: [...path, 'agent'], at: 'value', message, severity: 'warning' })
    }
    return problems
  })
}

/** What an agent behind a gateway must not be, and what one without it cannot be. */
function checkGateways({ host, agents }: EffectiveConfig): ConfigProblem[] {
  return [...agents.values()].flatMap(({ name, gateway, storesPerDayBytes }): ConfigProblem[] => {
    if (gateway === 'off' && storesPerDayBytes !== undefined) {
      const message = 'limits nothing: without a gateway role the agent stores past the server'
      return [{ path: ['agents', name, 'storesPerDay'], at: 'value', message, severity: 'error' }]
    }
    if (gateway === 'off' || name !== host) return []
    const message =
      'is the host of this server, too, and an agent behind a gateway could pass its snapshots off as the server’s: give the agent another name'
    return [{ path: ['agents', name], at: 'key', message, severity: 'error' }]
  })
}

const minutesOfDay = 24 * 60

/** Whether there is no minute of the week outside of the windows; those of several zones are not compared. */
function coverTheWeek(windows: readonly WindowSettings[]): boolean {
  if (windows.length === 0 || new Set(windows.map(({ timeZone }) => timeZone)).size > 1) return false
  const covered = new Uint8Array(7 * minutesOfDay)
  for (const { startMinute, endMinute, days = [0, 1, 2, 3, 4, 5, 6] } of windows) {
    const length = endMinute > startMinute ? endMinute - startMinute : endMinute + minutesOfDay - startMinute
    for (const day of days) {
      for (let minute = 0; minute < length; minute++) {
        covered[(day * minutesOfDay + startMinute + minute) % covered.length] = 1
      }
    }
  }
  return covered.every((minute) => minute === 1)
}

function neverStarts({ name }: SourceSettings): ConfigProblem {
  const message = 'leave no time of the week in which a backup could start'
  return { path: ['sources', name, 'blackouts'], at: 'value', message, severity: 'error' }
}

/** Written for nothing: worth a warning. */
export function checkUnused({ repositories, sources, agents, notifications }: EffectiveConfig): ConfigProblem[] {
  const used = new Set([...sources.values()].flatMap((source) => source.repositories))
  const dialing = new Set([...sources.values()].map(({ agent }) => agent))
  const reached = new Set(notifications.routes.flatMap(({ channels }) => channels))
  const unused = (path: readonly string[], message: string): ConfigProblem => ({
    path,
    at: 'key',
    message,
    severity: 'warning',
  })
  return [
    ...[...repositories.keys()]
      // before there are sources, no repository is used
      .filter((name) => sources.size > 0 && !used.has(name))
      .map((name) => unused(['repositories', name], 'holds no source')),
    ...[...agents.keys()]
      .filter((name) => !dialing.has(name))
      .map((name) => unused(['agents', name], 'backs up no source')),
    ...[...notifications.channels.keys()]
      .filter((name) => !reached.has(name))
      .map((name) => unused(['notifications', 'channels', name], 'is in no route, so that nothing is sent there')),
  ]
}
