import { ask, Refusal } from './api.js'
import { change, nothingChosen, stateNow, typeOfSource } from './state.js'

/**
 * The way back to data: a source, one of its backups, a directory in it. What comes for an earlier choice is dropped.
 *
 * @import { EntryView, SnapshotView } from '@holdfast/api/view/snapshot-view'
 * @import { RouteReply, RouteRequest } from '@holdfast/api/route'
 * @import { Routes } from '@holdfast/api/routes'
 * @import { RestorePlanView } from '@holdfast/core/restore/restore-plan-view'
 * @typedef {{ message: string, hint: string }} Problem
 *
 * @typedef {object} Backup the copies of one backup: the same content in several repositories
 * @property {string} lineage
 * @property {string} time
 * @property {number | undefined} bytes
 * @property {SnapshotView['proof']} proof
 * @property {readonly SnapshotView[]} copies
 *
 * @typedef {object} Recover
 * @property {string | undefined} [source]
 * @property {readonly Backup[] | undefined} [backups] absent while they are asked for
 * @property {SnapshotView | undefined} [snapshot] that is looked into
 * @property {string} path in the snapshot, quoted as the server quotes it
 * @property {readonly EntryView[] | undefined} [entries] absent while they are asked for
 * @property {number} total of the directory
 * @property {string | undefined} [after] there are more entries
 * @property {Problem | undefined} [problem]
 * @property {ReadonlySet<string>} chosen paths to restore; none: everything
 * @property {'directory' | 'original' | 'database'} target
 * @property {'backup' | 'latest' | 'instant'} moment
 * @property {RouteReply<Routes['sources.coverage']> | undefined} [coverage] absent unless an instant is to be chosen
 * @property {RestorePlanView | undefined} [plan]
 * @property {Problem | undefined} [planProblem]
 * @property {string | undefined} [runId] of the restore that was begun
 */

const mostBackups = 500
const mostLevels = 30

/** @param {Partial<Recover>} changes */
export function changeRecover(changes) {
  change({ recover: { ...stateNow().recover, ...changes } })
}

/** Whatever was planned does not hold for what is chosen now. */
const unplanned = { plan: undefined, planProblem: undefined, runId: undefined, problem: undefined }

/** @param {string} source empty: none */
export async function chooseSource(source) {
  change({ recover: { ...nothingChosen, ...(source !== '' && { source }) } })
  if (source === '') return
  const isWanted = () => stateNow().recover.source === source
  await orProblem(isWanted, async () => {
    const { snapshots } = await ask('snapshots.list', { query: { source, limit: mostBackups } })
    if (!isWanted()) return
    const order = stateNow().sources?.find(({ name }) => name === source)?.repositories ?? []
    const backups = byLineage(snapshots, order)
    changeRecover({ backups })
    const newest = backups[0]?.copies[0]
    if (newest !== undefined) await chooseSnapshot(newest.repository, newest.id)
  })
}

/**
 * Newest first, the copies of each in the order in which the source names its repositories.
 *
 * @param {readonly SnapshotView[]} snapshots
 * @param {readonly string[]} order
 * @returns {readonly Backup[]}
 */
function byLineage(snapshots, order) {
  const rank = (/** @type {SnapshotView} */ { repository }) =>
    (order.indexOf(repository) + order.length + 1) % (order.length + 1)
  return [...Map.groupBy(snapshots, ({ lineage }) => lineage)]
    .flatMap(([lineage, found]) => {
      const copies = found.toSorted((a, b) => rank(a) - rank(b))
      const [first] = copies
      return first === undefined ? [] : [{ lineage, copies, time: first.time, bytes: first.bytes, proof: first.proof }]
    })
    .toSorted((a, b) => (a.time < b.time ? 1 : -1))
}

/** @param {string} repository @param {string} id */
export async function chooseSnapshot(repository, id) {
  const { backups = [] } = stateNow().recover
  const snapshot = backups
    .flatMap(({ copies }) => copies)
    .find((each) => each.repository === repository && each.id === id)
  if (snapshot === undefined) return
  changeRecover({
    ...unplanned,
    snapshot,
    path: '/',
    entries: undefined,
    total: 0,
    after: undefined,
    chosen: new Set(),
  })
  await Promise.all([openFirst(snapshot), readCoverage()])
}

/** Which instants there are to choose from, once they are asked for. */
async function readCoverage() {
  const { source, snapshot, moment, coverage } = stateNow().recover
  if (source === undefined || snapshot === undefined || moment !== 'instant') return
  const { repository } = snapshot
  if (coverage?.repository === repository) return
  changeRecover({ coverage: undefined })
  const isWanted = () => stateNow().recover.source === source && stateNow().recover.snapshot === snapshot
  await orProblem(isWanted, async () => {
    const read = await ask('sources.coverage', { params: { source }, query: { repository } })
    if (isWanted()) changeRecover({ coverage: read })
  })
}

/** Opens the first directory in which there is a choice: above it lie only the names of the way there. @param {SnapshotView} snapshot */
async function openFirst(snapshot) {
  for (let level = 0; level < mostLevels; level++) {
    await openDirectory(stateNow().recover.path)
    const { entries, snapshot: current, path } = stateNow().recover
    const [only, ...others] = entries ?? []
    if (current !== snapshot || only?.type !== 'dir' || others.length > 0 || only.path === path) return
    changeRecover({ path: only.path, entries: undefined })
  }
}

/** @param {string} path quoted */
export async function openDirectory(path) {
  changeRecover({ path, entries: undefined, total: 0, after: undefined, problem: undefined })
  await readEntries()
}

/** Reads the directory, or what comes after what is shown of it. */
export async function readEntries() {
  const { snapshot, path, after, entries: shown = [] } = stateNow().recover
  if (snapshot === undefined) return
  const isWanted = () => stateNow().recover.snapshot === snapshot && stateNow().recover.path === path
  const { repository, id } = snapshot
  await orProblem(isWanted, async () => {
    const query = { path, limit: 500, ...(after !== undefined && { after }) }
    const reply = await ask('snapshots.files', { params: { repository, snapshot: id }, query })
    if (isWanted()) changeRecover({ entries: [...shown, ...reply.entries], total: reply.total, after: reply.after })
  })
}

/** @param {() => boolean} isWanted @param {() => Promise<void>} work */
async function orProblem(isWanted, work) {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (isWanted()) changeRecover({ problem: { message: error.message, hint: error.hint } })
  }
}

/** @param {string} path */
export function toggleChosen(path) {
  const chosen = new Set(stateNow().recover.chosen)
  if (!chosen.delete(path)) chosen.add(path)
  changeRecover({ ...unplanned, chosen })
}

/** @param {Partial<Pick<Recover, 'target' | 'moment'>>} choice */
export async function chooseWay(choice) {
  changeRecover({ ...unplanned, ...choice })
  await readCoverage()
}

/** What was written into the form, by the names of its fields. @param {Readonly<Record<string, string>>} fields */
export async function planRestore(fields) {
  changeRecover(unplanned)
  const asked = choiceOf(stateNow().recover)
  const isWanted = () => choiceOf(stateNow().recover).every((each, index) => each === asked[index])
  const order = orderOf(stateNow().recover, fields)
  try {
    const plan = await ask('restores.plan', { body: order })
    if (isWanted()) changeRecover({ plan })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (isWanted()) changeRecover({ planProblem: { message: error.message, hint: error.hint } })
  }
}

/** What a plan is made of, beside the fields of its form. @param {Recover} recover @returns {readonly unknown[]} */
function choiceOf({ source, snapshot, chosen, target, moment }) {
  return [source, snapshot, chosen, target, moment]
}

/**
 * @param {Recover} recover
 * @param {Readonly<Record<string, string>>} fields
 * @returns {RouteRequest<Routes['restores.plan']>['body']}
 */
function orderOf({ source = '', snapshot, target, moment, chosen }, fields) {
  const { path = '', replace, database = '', into = '', instant = '' } = fields
  const to =
    target === 'original'
      ? { type: target }
      : target === 'database'
        ? { type: target, database, into }
        : { type: target, path, existing: replace === 'on' ? /** @type {const} */ ('replace') : undefined }
  const order = {
    source,
    to,
    ...(snapshot !== undefined && { repository: snapshot.repository }),
    ...(chosen.size > 0 && { paths: [...chosen] }),
  }
  if (moment === 'latest') return { ...order, at: 'latest' }
  // what is written there is a time of the reader's zone
  if (moment === 'instant') return { ...order, at: new Date(instant).toISOString() }
  // of these the server chooses the backup by the moment
  if (typeOfSource(stateNow()) === 'mysql' || snapshot === undefined) return { ...order, at: 'backup' }
  return { ...order, snapshot: snapshot.id }
}

/** @param {Readonly<Record<string, string>>} fields */
export async function startRestore({ confirmation }) {
  const { plan } = stateNow().recover
  if (plan === undefined) return
  const { order, digest } = plan
  try {
    const run = await ask('restores.start', {
      body: { order, digest, ...(confirmation !== undefined && { confirmation }) },
    })
    changeRecover({ plan: undefined, planProblem: undefined, runId: run.id })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    changeRecover({ planProblem: { message: error.message, hint: error.hint } })
  }
}
