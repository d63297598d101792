import { describeVersion, type ServerVersion } from '../connection/server-version.ts'
import { matchCollation } from './match-collation.ts'
import type { GoalFacts, MigrationFacts } from './migration-facts.ts'

export interface MigrationJudgement {
  /** why nothing may be begun */
  readonly obstacles: readonly string[]
  /** what will be otherwise on the new server */
  readonly changes: readonly string[]
  /** old name → what takes its place */
  readonly collations: ReadonlyMap<string, string>
}

const shown = 5
/** Types that the other family does not know, or by the same name as another thing. */
const mariadbTypes = new Set(['inet4', 'inet6', 'uuid', 'xmltype', 'vector'])
const mysqlTypes = new Set(['vector', 'geomcollection'])

/** Says what one server cannot take from another, before anything is written. */
export function judgeMigration(from: MigrationFacts, to: GoalFacts): MigrationJudgement {
  const obstacles: string[] = []
  const changes: string[] = []
  const against = (names: readonly string[], what: string): void => {
    if (names.length > 0) obstacles.push(`${what}: ${some(names)}`)
  }
  if (isOlder(to.version, from.version)) {
    obstacles.push(`${describeVersion(to.version)} is older than ${describeVersion(from.version)}`)
  }
  against(
    from.tables
      .filter(({ engine }) => engine !== '' && !to.engines.has(engine.toLowerCase()))
      .map(({ name, engine }) => `${name} (${engine})`),
    'tables of storage engines that the new server does not have',
  )
  const collations = matchAll(from.collations, to, against, changes)
  if (from.version.family === to.version.family) return { obstacles, changes, collations }
  const goal = describeVersion(to.version)
  const ofType = (type: string): string[] => from.tables.filter((one) => one.type === type).map(({ name }) => name)
  against(ofType('SEQUENCE'), `${goal} has no sequences`)
  against(ofType('SYSTEM VERSIONED'), `${goal} has no system-versioned tables`)
  against(from.packages, `${goal} has no packages`)
  against(from.functionalIndexes, `${goal} has no indexes over expressions`)
  const foreign = from.version.family === 'mariadb' ? mariadbTypes : mysqlTypes
  against(
    from.columns.filter(({ type }) => foreign.has(type.toLowerCase())).map(({ name, type }) => `${name} (${type})`),
    `${goal} has other types than those of columns`,
  )
  if (from.version.family === 'mysql') changes.push(...changesOfColumns(from))
  changes.push('accounts and grants stay behind: the families keep passwords and rights in different ways')
  return { obstacles, changes, collations }
}

function matchAll(
  used: readonly string[],
  to: GoalFacts,
  against: (names: readonly string[], what: string) => void,
  changes: string[],
): ReadonlyMap<string, string> {
  const collations = new Map<string, string>()
  const unknown: string[] = []
  for (const name of used) {
    if (to.collations.has(name.toLowerCase())) continue
    const match = matchCollation(name, to.collations)
    if (match === undefined) unknown.push(name)
    else {
      collations.set(name, match)
      changes.push(`collation ${name} becomes ${match}: the order of rare signs may differ`)
    }
  }
  against(unknown, 'collations that the new server has nothing like')
  return collations
}

function changesOfColumns({ columns }: MigrationFacts): string[] {
  const changes: string[] = []
  const json = columns.filter(({ type }) => type.toLowerCase() === 'json').map(({ name }) => name)
  if (json.length > 0) changes.push(`JSON is text with a check in MariaDB: ${some(json)}`)
  const invisible = columns.filter(({ extra }) => /\bINVISIBLE\b/.test(extra)).map(({ name }) => name)
  if (invisible.length > 0) changes.push(`invisible columns become visible: ${some(invisible)}`)
  return changes
}

/** Of the same family only: their numbers have nothing to do with each other. Patches of a release do not count. */
function isOlder(one: ServerVersion, other: ServerVersion): boolean {
  return one.family === other.family && Math.floor(one.number / 100) < Math.floor(other.number / 100)
}

function some(names: readonly string[]): string {
  const rest = names.length - shown
  return names.slice(0, shown).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
