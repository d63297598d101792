import { h } from '../dom.js'
import { ago, chip, prose, spoken } from '../elements.js'

/**
 * @import { State } from '../state.js'
 * @import { FindingView } from '@holdfast/api/view/finding-view'
 */

/** What a person should know, the worst first. @param {State} state */
export function findingsCard(state) {
  const { findings } = state
  const open = findings?.filter(({ acknowledged }) => acknowledged === undefined).length ?? 0
  return h(
    'section.card',
    { id: 'findings', 'aria-labelledby': 'findings-title' },
    h(
      'header',
      {},
      h('h2', { id: 'findings-title' }, 'Findings'),
      findings !== undefined && h('span.count', {}, open === 0 ? 'none open' : `${open} open`),
    ),
    findings === undefined
      ? h('p.empty', {}, 'Loading…')
      : findings.length === 0
        ? h('p.empty', {}, h('strong', {}, 'All is well'), 'Nothing needs anybody’s attention.')
        : h('ul.rows', {}, ...worstFirst(findings).map((finding) => row(finding, state))),
  )
}

const severities = /** @type {const} */ ({
  critical: ['bad', '✗ Critical'],
  warning: ['warn', '! Warning'],
  info: ['', 'Note'],
})
const order = ['critical', 'warning', 'info']

/** Acknowledged ones last: somebody sees to them. @param {readonly FindingView[]} findings */
function worstFirst(findings) {
  const rank = (/** @type {FindingView} */ { acknowledged, severity }) =>
    (acknowledged === undefined ? 0 : order.length) + order.indexOf(severity)
  return findings.toSorted((a, b) => rank(a) - rank(b) || (a.firstSeenAt < b.firstSeenAt ? 1 : -1))
}

/** @param {FindingView} finding @param {State} state */
function row(finding, state) {
  const { key, severity, detail, firstSeenAt, acknowledged } = finding
  const [tone, word] = severities[severity]
  return h(
    'li',
    { key },
    h(
      'div.row-head',
      {},
      chip(acknowledged === undefined ? tone : '', word),
      h('span.dim.small.end', {}, 'since ', ago(firstSeenAt, state.now)),
    ),
    h('p.title', {}, titleOf(finding)),
    h('p.detail', {}, prose(detail)),
    acknowledged !== undefined &&
      h(
        'p.small',
        {},
        `Acknowledged by ${acknowledged.by}, `,
        ago(acknowledged.at, state.now),
        acknowledged.note !== '' && `: ${acknowledged.note}`,
        acknowledged.isExpected && ' (as expected)',
      ),
    acknowledged === undefined && state.may.operate && acknowledgement(finding, state),
  )
}

/** With a capital letter, unless it begins with a name. @param {FindingView} finding */
function titleOf({ title, subject }) {
  const isName = Object.values(subject).some((name) => name !== undefined && title.startsWith(name))
  return isName ? title : title.charAt(0).toUpperCase() + title.slice(1)
}

/** @param {FindingView} finding @param {State} state */
function acknowledgement({ key, title, kind }, { busy }) {
  const id = `note-${key}`
  return h(
    'details',
    { key: 'acknowledge' },
    h('summary', {}, 'Acknowledge', spoken(`: ${title}`)),
    h(
      'form.form',
      { 'data-act': 'acknowledge', 'data-finding': key },
      h('div', {}, h('label', { for: id }, 'What is being done'), h('input', { id, name: 'note', maxlength: 500 })),
      kind === 'anomaly' &&
        h('label.check', {}, h('input', { type: 'checkbox', name: 'isExpected' }), 'This is as it should be'),
      h('div.row', {}, h('button.primary.small', { disabled: busy.has(`acknowledge ${key}`) }, 'I see to it')),
    ),
  )
}
