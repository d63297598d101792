import { h, memo } from '../dom.js'
import { ago, actButton, chip, objective, pips, spoken, verdict } from '../elements.js'
import { countText, durationText, listText } from '../words.js'
import { standingOf } from './headline.js'

/**
 * @import { State } from '../state.js'
 * @import { SourceView } from '@holdfast/api/view/source-view'
 */

const titles = ['Source', 'State', 'Recoverable to', 'Recovery takes', 'Last proof', 'Copies', 'Score']

/** The table of `holdfast status`. */
export const sourcesCard = memo('sources', card, ({ sources, now, filter, opened, may }) => [
  ...[sources, now, filter, opened, may],
])

/** @param {State} state */
function card(state) {
  const { sources, filter } = state
  const shown = (sources ?? []).filter(({ name, tier, type }) =>
    `${name} ${tier} ${type}`.toLowerCase().includes(filter.toLowerCase()),
  )
  return h(
    'section.card.sources',
    { key: 'sources', id: 'sources', 'aria-labelledby': 'sources-title' },
    h(
      'header',
      {},
      h('h2', { id: 'sources-title' }, 'Sources'),
      sources !== undefined && h('span.count', {}, String(sources.length)),
      (sources?.length ?? 0) > manySources &&
        h(
          'div.end',
          {},
          h('label.spoken', { for: 'filter' }, 'Show only sources with this in their name, type or tier'),
          h('input', {
            id: 'filter',
            type: 'search',
            placeholder: 'Filter',
            'data-act': 'filter',
            autocomplete: 'off',
          }),
        ),
    ),
    table(state, shown),
  )
}

const manySources = 8
/** More rows than anybody reads would only make the page slow; the filter finds the rest. */
const mostRows = 250

/** @param {State} state @param {readonly SourceView[]} shown */
function table(state, shown) {
  const { sources, filter, opened } = state
  if (sources === undefined) return h('p.empty', {}, 'Loading…')
  if (sources.length === 0) {
    return h('p.empty', {}, h('strong', {}, 'No source yet'), 'What is protected stands in the configuration.')
  }
  if (shown.length === 0) return h('p.empty', {}, `No source has “${filter}” in its name, type or tier.`)
  const head = titles.map((title) => h('th', { scope: 'col', role: 'columnheader' }, title))
  return [
    h(
      'table',
      // The roles are those of the elements: on a phone they are laid out as blocks, which takes their meaning away.
      { role: 'table' },
      h('caption.spoken', {}, 'What is protected, and how it stands'),
      h(
        'thead',
        { role: 'rowgroup' },
        h('tr', { role: 'row' }, head, h('th', { scope: 'col', role: 'columnheader' }, spoken('What can be done'))),
      ),
      ...shown.slice(0, mostRows).map((source) => rows(source, state, opened.has(source.name))),
    ),
    shown.length > mostRows && h('p.empty', {}, `${shown.length - mostRows} more: use the filter.`),
  ]
}

/** @param {SourceView} source @param {State} state @param {boolean} isOpen */
function rows(source, state, isOpen) {
  const { name, type, tier, rto, copies, repositories, score, scoreParts } = source
  const opener = { class: 'link opener', 'data-source': name, 'aria-expanded': isOpen ? 'true' : 'false' }
  const row = h(
    'tr',
    { role: 'row', class: isOpen ? 'opened' : '' },
    h(
      'th',
      { scope: 'row', role: 'rowheader' },
      actButton('open-source', opener, name),
      h('span.second', {}, `${type} · ${tier}`),
    ),
    cell('State', standing(source)),
    cell('Recoverable to', recoverable(source, state.now)),
    cell('Recovery takes', ...objective(rto, 'not known')),
    cell('Last proof', lastProof(source, state.now)),
    cell('Copies', `${copies.length} of ${repositories.length}`),
    cell('Score', pips(score, scoreParts.length)),
    h('td.actions', { role: 'cell' }, actions(source, state)),
  )
  return h('tbody', { key: name, role: 'rowgroup' }, row, isOpen && more(source))
}

/** @param {string} label @param {...import('../dom.js').Child} children */
function cell(label, ...children) {
  return h('td', { role: 'cell', 'data-label': label }, h('div', {}, ...children))
}

/** @param {SourceView} source */
function standing(source) {
  const running = source.activeRuns.find(({ state }) => state === 'running')
  const by = standingOf(source)
  return [
    by === 'broken' && chip('bad', '✗ Broken'),
    by === 'waiting' && chip('warn', '? Not proven'),
    by === 'kept' && chip('good', '✓ Kept'),
    running !== undefined && h('span.second', {}, `${running.operation} is running`),
  ]
}

/**
 * The instant to which it could be recovered, which is the objective for lost work: "✓ 12 min ago" and below "of 24 h".
 *
 * @param {SourceView} source @param {Date} now
 */
function recoverable({ newestRestorable, newestRestorableBy, rpo }, now) {
  if (newestRestorable === undefined) return h('span.bad-text', {}, '✗ nothing')
  const promised = rpo.promisedMs === undefined ? 'nothing promised' : `of ${durationText(rpo.promisedMs / 1000)}`
  return [
    verdict(rpo.verdict, ago(newestRestorable, now)),
    h('span.second', {}, newestRestorableBy === 'log' ? `${promised}, from the log` : promised),
  ]
}

/** @param {SourceView} source @param {Date} now */
function lastProof({ lastProof: newest, lastPassedProofAt }, now) {
  if (newest === undefined) return h('span.dim', {}, 'never')
  if (newest.verdict === 'passed') return ago(newest.at, now)
  return [
    h('span.bad-text', {}, '✗ failed ', ago(newest.at, now)),
    lastPassedProofAt !== undefined && h('span.second', {}, 'passed ', ago(lastPassedProofAt, now)),
  ]
}

/** @param {SourceView} source @param {State} state */
function actions({ name, activeRuns, newestRestorable }, { may }) {
  const isBusy = activeRuns.some(({ operation }) => operation === 'backup')
  return [
    may.operate &&
      actButton(
        'back-up',
        { class: 'small', 'data-source': name, disabled: isBusy },
        'Back up',
        spoken(` ${name} now`),
      ),
    ' ',
    newestRestorable !== undefined &&
      actButton('recover', { class: 'small', 'data-source': name }, 'Get back', spoken(` data of ${name}`)),
  ]
}

/** @param {SourceView} source */
function more({ scoreParts, copies, repositories, findings }) {
  const missing = repositories.filter((name) => !copies.includes(name))
  const notes = [
    ...scoreParts.map(({ isMet, explanation }) => note(isMet, explanation)),
    missing.length > 0 && note(false, `the newest backup is not yet in ${listText(missing)}`),
    findings.length > 0 && note(false, `${countText(findings.length, 'finding is', 'findings are')} open`),
  ]
  return h(
    'tr.more',
    { role: 'row' },
    h('td', { role: 'cell', colspan: titles.length + 1 }, h('ul.facts', {}, ...notes)),
  )
}

/** @param {boolean} isMet @param {string} text */
function note(isMet, text) {
  const sign = h('span', { class: isMet ? 'good-text' : 'bad-text', 'aria-hidden': 'true' }, isMet ? '✓' : '✗')
  return h('li', {}, sign, h('span', {}, spoken(isMet ? 'met: ' : 'not met: '), text))
}
