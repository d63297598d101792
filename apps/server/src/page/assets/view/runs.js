import { h } from '../dom.js'
import { actButton, ago, chip, prose, sentence, spoken } from '../elements.js'
import { countText, durationText, sizeText } from '../words.js'

/**
 * @import { State } from '../state.js'
 * @import { RunView } from '@holdfast/api/view/run-view'
 */

/** What is running, what waits, and what was done last. @param {State} state */
export function runsCard(state) {
  return h(
    'section.card',
    { id: 'runs', 'aria-labelledby': 'runs-title' },
    h('header', {}, h('h2', { id: 'runs-title' }, 'Runs')),
    list(state),
  )
}

/** @param {State} state */
function list(state) {
  const { runs } = state
  if (runs === undefined) return h('p.empty', {}, 'Loading…')
  const told = runs.filter((run) => !isIdle(run))
  if (told.length === 0) {
    return h(
      'p.empty',
      {},
      h('strong', {}, 'Nothing has run yet'),
      'Backups begin by their schedules, or with “Back up”.',
    )
  }
  const rows = inOrder(told)
    .slice(0, mostRuns)
    .map((run) => runRow(run, state))
  return [
    h('ul.rows', {}, ...rows),
    told.length < runs.length && h('p.foot', {}, 'Without retention that found nothing to remove.'),
  ]
}

/** Retention follows every backup in every repository, and most often there is nothing to it. @param {RunView} run */
function isIdle({ operation, state, result }) {
  return operation === 'forget' && state === 'succeeded' && result?.snapshotsRemoved === 0
}

const mostRuns = 12
const order = ['running', 'queued']

/** Running ones first, then those that wait, then the ended ones, newest first. @param {readonly RunView[]} runs */
function inOrder(runs) {
  const rank = (/** @type {RunView} */ { state }) => (order.indexOf(state) + order.length + 1) % (order.length + 1)
  const since = (/** @type {RunView} */ { endedAt, startedAt, queuedAt }) => endedAt ?? startedAt ?? queuedAt
  return runs.toSorted((a, b) => rank(a) - rank(b) || (since(a) < since(b) ? 1 : -1))
}

/** @type {Readonly<Record<RunView['operation'], string>>} */
const names = {
  backup: 'Backup of',
  copy: 'Copy of',
  forget: 'Retention of',
  prune: 'Prune of',
  check: 'Check of',
  verify: 'Proof of',
  restore: 'Restore of',
}

/** "Copy of shop to offsite" @param {Pick<RunView, 'operation' | 'source' | 'repository'>} run */
export function runTitle({ operation, source, repository }) {
  const between = operation === 'copy' ? 'to' : 'in'
  const subject = [source, repository].filter((name) => name !== undefined).join(` ${between} `)
  return `${names[operation]} ${subject}`
}

/** @type {Readonly<Record<RunView['state'], readonly ['good' | 'warn' | 'bad' | 'busy' | '', string]>>} */
const states = {
  queued: ['', 'Waiting'],
  running: ['busy', 'Running'],
  succeeded: ['good', '✓ Done'],
  partial: ['warn', '! In part'],
  failed: ['bad', '✗ Failed'],
  cancelled: ['', 'Cancelled'],
  'timed-out': ['bad', '✗ Timed out'],
  lost: ['bad', '✗ Lost'],
}

/** @param {RunView} run @param {State} state */
export function runRow(run, state) {
  const [tone, word] = states[run.state]
  const isActive = run.state === 'running' || run.state === 'queued'
  return h(
    'li',
    { key: run.id },
    h(
      'div.row-head',
      {},
      h('span.title', {}, runTitle(run)),
      chip(tone, run.isCancelRequested && isActive ? 'Stopping' : word),
      h('span.dim.small.end', {}, when(run, state.now)),
      isActive && state.may.operate && !run.isCancelRequested && cancelButton(run),
    ),
    run.state === 'running' && progress(run, state),
    !isActive && outcome(run),
  )
}

/** @param {RunView} run */
function cancelButton(run) {
  return actButton('cancel-run', { class: 'small', 'data-run': run.id }, 'Cancel', spoken(` ${runTitle(run)}`))
}

/** @param {RunView} run @param {Date} now */
function when({ state, queuedAt, startedAt, endedAt }, now) {
  if (state === 'queued') return ['since ', ago(queuedAt, now)]
  if (state === 'running' || endedAt === undefined) return ['began ', ago(startedAt ?? queuedAt, now)]
  const tookMs = startedAt === undefined ? 0 : Date.parse(endedAt) - Date.parse(startedAt)
  return [ago(endedAt, now), tookMs >= 1000 && `, took ${durationText(tookMs / 1000)}`]
}

/** @param {RunView} run @param {State} state */
function progress(run, { progress: known, runs = [] }) {
  const now = known.get(run.id)
  const last = now?.fraction === undefined && now?.filesDone !== undefined ? lastFiles(run, runs) : undefined
  // more files than the last time: nobody knows how many more
  const guessed = last === undefined || now?.filesDone === undefined ? undefined : now.filesDone / last
  const fraction = now?.fraction ?? (guessed !== undefined && guessed <= 1 ? guessed : undefined)
  const title = `Progress of ${runTitle(run)}`
  return [
    fraction === undefined
      ? h('progress', { key: 'open', 'aria-label': title })
      : h('progress', { key: 'bar', 'aria-label': title, max: 1, value: fraction.toFixed(4) }),
    h(
      'p.small.dim',
      {},
      now?.text ?? 'Under way…',
      last !== undefined && `; the last time it was ${countText(last, 'file')}`,
    ),
  ]
}

/**
 * Backups do not count ahead what they will read, since that reads every directory twice; the one before says about how
 * much it will be.
 *
 * @param {RunView} run @param {readonly RunView[]} runs
 */
function lastFiles({ operation, source }, runs) {
  const last = runs.find(
    (each) => each.operation === operation && each.source === source && each.result?.filesUnmodified !== undefined,
  )
  const { filesNew = 0, filesChanged = 0, filesUnmodified = 0 } = last?.result ?? {}
  const files = filesNew + filesChanged + filesUnmodified
  // of a dump, one file after all, this says nothing
  return files > 1 ? files : undefined
}

/** @param {RunView} run */
function outcome({ error, result }) {
  if (error !== undefined) return h('p.detail', {}, `${sentence(error.message)} `, prose(error.hint))
  if (result === undefined) return null
  const { filesNew, filesChanged, bytesRead, bytesStored, snapshotsRemoved, bytesFreed, bytesChecked } = result
  const { filesRestored, bytesRestored, restoredTo, problems = [] } = result
  const changed = (filesNew ?? 0) + (filesChanged ?? 0)
  const figures = [
    filesNew !== undefined && `${countText(changed, 'file')} new or changed`,
    bytesRead !== undefined && `${sizeText(bytesRead)} read`,
    bytesStored !== undefined && `${sizeText(bytesStored)} stored`,
    snapshotsRemoved !== undefined && `${countText(snapshotsRemoved, 'snapshot')} removed`,
    bytesFreed !== undefined && `${sizeText(bytesFreed)} freed`,
    bytesChecked !== undefined && `${sizeText(bytesChecked)} read again`,
    filesRestored !== undefined && `${countText(filesRestored, 'file')} restored`,
    bytesRestored !== undefined && `${sizeText(bytesRestored)} written`,
  ].filter((text) => text !== false)
  return [
    figures.length > 0 && h('p.small.dim', {}, figures.join(', ')),
    restoredTo !== undefined && h('p.small.dim.breaks', {}, 'To ', h('code', {}, restoredTo)),
    problems.length > 0 && problemList(problems),
  ]
}

/** @param {readonly string[]} problems */
function problemList(problems) {
  const most = 20
  return h(
    'details.small',
    {},
    h('summary', {}, countText(problems.length, 'problem')),
    h('ul.detail', {}, ...problems.slice(0, most).map((text) => h('li', {}, text))),
    problems.length > most && h('p.dim', {}, `and ${problems.length - most} more`),
  )
}
