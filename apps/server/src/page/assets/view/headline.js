import { h } from '../dom.js'
import { countText, listText, tookText } from '../words.js'

/**
 * @import { State } from '../state.js'
 * @import { SourceView } from '@holdfast/api/view/source-view'
 */

/** What one wants to know first: do promises hold, and what would a disaster cost now? @param {State} state */
export function headline({ sources, findings, runs }) {
  if (sources === undefined) return h('section.headline', {}, h('h1', {}, 'Looking at how things stand…'))
  return h(
    'section.headline',
    { id: 'overview', 'aria-labelledby': 'headline' },
    h('h1', { id: 'headline' }, promiseText(sources)),
    h('p', {}, explanation(sources)),
    sources.length > 0 &&
      h(
        'dl.tiles',
        {},
        worstTile('Most that could be lost', sources, 'rpo', 'nothing to recover from'),
        worstTile('Slowest recovery', sources, 'rto', 'not measured: nothing is proven yet'),
        findingsTile(findings ?? []),
        runningTile(runs ?? []),
      ),
  )
}

/** For the tab, which may be all that is seen of the page. @param {State} state */
export function tabTitle({ sources = [] }) {
  const broken = sources.filter((source) => standingOf(source) === 'broken').length
  return broken === 0 ? 'Holdfast' : `${broken} broken · Holdfast`
}

/** @param {SourceView} source */
export function standingOf({ isBroken, rpo, rto }) {
  if (isBroken) return 'broken'
  return rpo.verdict === 'unknown' || rto.verdict === 'unknown' ? 'waiting' : 'kept'
}

/** "All 3 sources keep their promises", "2 of 3 sources keep their promises" @param {readonly SourceView[]} sources */
function promiseText(sources) {
  const kept = sources.filter((source) => standingOf(source) === 'kept').length
  if (sources.length === 0) return 'Nothing is protected yet'
  if (sources.length === 1)
    return kept === 1 ? 'The source keeps its promise' : 'The source does not keep its promise yet'
  if (kept === sources.length) return `All ${sources.length} sources keep their promises`
  return `${kept === 0 ? 'None' : kept} of ${sources.length} sources ${kept === 1 ? 'keeps its promise' : 'keep their promises'}`
}

/** @param {readonly SourceView[]} sources */
function explanation(sources) {
  if (sources.length === 0) return 'Name what is to be protected under “sources” in the configuration.'
  const broken = sources.filter((source) => standingOf(source) === 'broken').map(({ name }) => name)
  const waiting = sources.filter((source) => standingOf(source) === 'waiting').map(({ name }) => name)
  const parts = [
    broken.length > 0 && `Broken: ${named(broken)}.`,
    waiting.length > 0 && `Not proven yet: ${named(waiting)}.`,
  ].filter((part) => part !== false)
  return parts.length > 0 ? parts.join(' ') : 'Each of them could be restored as promised, and has been: proofs passed.'
}

/** @param {readonly string[]} names */
function named(names) {
  const most = 4
  return names.length <= most ? listText(names) : `${names.slice(0, most).join(', ')} and ${names.length - most} more`
}

/**
 * @param {string} title
 * @param {readonly SourceView[]} sources
 * @param {'rpo' | 'rto'} figure
 * @param {string} nothing
 */
function worstTile(title, sources, figure, nothing) {
  const known = sources.filter((source) => source[figure].actualMs !== undefined)
  const worst = known.toSorted((a, b) => (b[figure].actualMs ?? 0) - (a[figure].actualMs ?? 0))[0]
  const missing = sources.length - known.length
  const [value, note] =
    worst === undefined
      ? ['–', nothing]
      : [
          tookText(worst[figure].actualMs ?? 0),
          `${worst.name}${missing === 0 ? '' : `; ${countText(missing, 'source')} unknown`}`,
        ]
  return tile(title, value, note)
}

/** @param {NonNullable<State['findings']>} findings */
function findingsTile(findings) {
  const open = findings.filter(({ acknowledged }) => acknowledged === undefined)
  const critical = open.filter(({ severity }) => severity === 'critical').length
  const warnings = open.filter(({ severity }) => severity === 'warning').length
  const parts = [
    critical > 0 && `${critical} critical`,
    warnings > 0 && countText(warnings, 'warning'),
    open.length < findings.length && `${findings.length - open.length} acknowledged`,
  ].filter((part) => part !== false)
  return tile('Open findings', String(open.length), parts.join(', ') || 'nothing needs you')
}

/** @param {NonNullable<State['runs']>} runs */
function runningTile(runs) {
  const running = runs.filter(({ state }) => state === 'running').length
  const queued = runs.filter(({ state }) => state === 'queued').length
  return tile('Running now', String(running), queued === 0 ? 'nothing waits' : `${queued} waiting`)
}

/** @param {string} title @param {string} value @param {string} note */
function tile(title, value, note) {
  return h('div.tile', { key: title }, h('dt', {}, title), h('dd', {}, value), h('dd.note', { title: note }, note))
}
