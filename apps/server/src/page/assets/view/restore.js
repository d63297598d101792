import { h } from '../dom.js'
import { actButton, moment, problem } from '../elements.js'
import { countText, durationText, exactTimeText, sizeText } from '../words.js'
import { typeOfSource } from '../state.js'
import { runRow } from './runs.js'

/**
 * @import { State } from '../state.js'
 * @import { Recover } from '../recovering.js'
 * @import { SnapshotView } from '@holdfast/api/view/snapshot-view'
 * @import { RestorePlanView } from '@holdfast/core/restore/restore-plan-view'
 */

/** What is restored, to where; then the plan; then the restore itself. @param {State} state @param {SnapshotView} snapshot */
export function restoreStep(state, snapshot) {
  const { recover, busy, runs = [] } = state
  const run = runs.find(({ id }) => id === recover.runId)
  return [
    h(
      'div.step',
      { key: 'order' },
      h('h3', { id: 'restore-title' }, 'Restore'),
      h(
        'form.form',
        { 'data-act': 'plan-restore', 'aria-labelledby': 'restore-title' },
        h('p.dim', {}, whatText(recover)),
        h('div.fields', {}, momentFields(state, snapshot), targetFields(state)),
        coveredText(recover),
        h(
          'div.row',
          {},
          h(
            'button',
            { class: recover.plan === undefined ? 'primary' : '', disabled: busy.has('plan-restore') },
            busy.has('plan-restore') ? 'Planning…' : 'Show the plan',
          ),
          h('span.dim.small', {}, 'Nothing is changed by that.'),
        ),
      ),
    ),
    h(
      'div',
      { key: 'outcome', 'aria-live': 'polite' },
      recover.planProblem !== undefined && h('div.step', {}, problem(recover.planProblem)),
      recover.plan !== undefined && planStep(recover.plan, state),
      run !== undefined && h('div.step', {}, h('ul', {}, runRow(run, state))),
    ),
  ]
}

/** @param {Recover} recover */
function whatText({ chosen, source }) {
  if (chosen.size === 0) return `Everything of ${source}. Tick files and directories above to restore only these.`
  return `${countText(chosen.size, 'file or directory', 'files and directories')}: ${[...chosen].slice(0, 3).join(', ')}${chosen.size > 3 ? ' …' : ''}`
}

/** @param {State} state */
function isDatabase(state) {
  return ['postgresql', 'mysql'].includes(typeOfSource(state) ?? '')
}

/** @param {State} state @param {SnapshotView} snapshot */
function momentFields(state, snapshot) {
  if (!isDatabase(state)) return null
  const { moment: chosen } = state.recover
  return [
    select('Moment', 'choose-moment', chosen, [
      ['backup', typeOfSource(state) === 'mysql' ? 'As the newest backup was' : 'As this backup was'],
      ['latest', 'The newest that is possible'],
      ['instant', 'An instant'],
    ]),
    chosen === 'instant' &&
      field('instant', 'Instant, in your time zone', {
        type: 'datetime-local',
        step: '1',
        required: true,
        min: localText(snapshot.time),
      }),
  ]
}

const mostRanges = 5

/** From when to when there is something to choose, the newest first. @param {Recover} recover */
function coveredText({ moment: chosen, coverage }) {
  if (chosen !== 'instant' || coverage === undefined) return null
  const { ranges } = coverage
  if (ranges.length === 0) return h('p.warn-text', {}, 'Nothing of it can be recovered from here.')
  const shown = ranges.slice(-mostRanges).toReversed()
  const more = ranges.length - shown.length
  return h(
    'div',
    { key: 'covered' },
    h('p.dim', {}, 'Can be recovered:'),
    h(
      'ul',
      {},
      ...shown.map(({ from, until }) =>
        h(
          'li',
          {},
          from === until ? ['just ', moment(from)] : ['any instant from ', moment(from), ' to ', moment(until)],
        ),
      ),
      more > 0 && h('li.dim', {}, `${countText(more, 'stretch', 'stretches')} before that`),
    ),
  )
}

/** As such a field wants it: "2026-11-21T14:05:09", in the reader's zone. @param {string} instant */
function localText(instant) {
  const at = new Date(instant)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

/** @param {State} state */
function targetFields(state) {
  const { target } = state.recover
  /** @type {[string, string][]} */
  const ways = [['directory', 'A directory of the server’s machine']]
  if (isDatabase(state)) ways.push(['database', 'A new database of its server'])
  if (state.may.administer && ['files', 'postgresql'].includes(typeOfSource(state) ?? ''))
    ways.push(['original', 'Where it came from, over what is there'])
  return [
    select('To', 'choose-target', target, ways),
    target === 'directory' && [
      field('path', 'Directory', {
        required: true,
        autocomplete: 'off',
        spellcheck: 'false',
        placeholder: 'below a directory of server.restoreTo',
      }),
      h(
        'label.check',
        { key: 'replace' },
        h('input', { type: 'checkbox', name: 'replace' }),
        'Write over what is there',
      ),
    ],
    target === 'database' && [
      field('database', 'Database in the backup', { required: true, autocomplete: 'off', spellcheck: 'false' }),
      field('into', 'Name of the new one', { required: true, autocomplete: 'off', spellcheck: 'false' }),
    ],
  ]
}

/** @param {string} title @param {string} act @param {string} value @param {readonly (readonly [string, string])[]} options */
function select(title, act, value, options) {
  const choices = options.map(([each, text]) => h('option', { key: each, value: each }, text))
  return h(
    'div',
    { key: act },
    h('label', { for: act }, title),
    h('select', { id: act, 'data-act': act, 'data-value': value }, choices),
  )
}

/** @param {string} name @param {string} text @param {Readonly<Record<string, string | boolean>>} attributes */
function field(name, text, attributes) {
  const id = `restore-${name}`
  return h('div', { key: name }, h('label', { for: id }, text), h('input', { id, name, ...attributes }))
}

/** @param {RestorePlanView} plan @param {State} state */
function planStep(plan, { busy, may }) {
  const { target, overwrites, files, bytes, logBytes, freeBytes, estimatedMs, estimatedFrom, warnings, confirmation } =
    plan
  /** @type {(readonly [string, import('../dom.js').Child] | false)[]} */
  const facts = [
    ['From', ['the backup of ', moment(plan.snapshotTime)]],
    plan.state !== undefined && plan.state !== plan.snapshotTime && ['State', exactTimeText(new Date(plan.state))],
    ['To', h('code', {}, target)],
    [
      'Reads',
      [
        files !== undefined && `${countText(files, 'file')}, `,
        sizeText(bytes),
        logBytes > 0 && ` and ${sizeText(logBytes)} of log`,
      ],
    ],
    freeBytes !== undefined && ['Free there', sizeText(freeBytes)],
    ['Writes over', overwrites === 0 ? 'nothing' : h('strong.bad-text', {}, countText(overwrites, 'file'))],
    [
      'Takes about',
      `${durationText(Math.max(1, estimatedMs / 1000))}, ${estimatedFrom === 'proofs' ? 'as proofs did' : 'as far as one can guess'}`,
    ],
  ]
  const isAllowed = plan.role === 'operator' || may.administer
  return h(
    'div.step',
    { key: plan.digest },
    h(
      'form.plan.form',
      { 'data-act': 'start-restore', 'aria-label': 'Plan of the restore' },
      h('h3', {}, 'What will be done'),
      h('dl', {}, ...facts.flatMap((fact) => (fact === false ? [] : [h('dt', {}, fact[0]), h('dd', {}, fact[1])]))),
      ...warnings.map((text) => h('p.warn-text', {}, `! ${text}`)),
      confirmation !== undefined &&
        h(
          'div',
          {},
          h(
            'label',
            { for: 'confirmation' },
            'What is there will be written over. To go on, type ',
            h('code', {}, confirmation),
          ),
          h('input', {
            id: 'confirmation',
            name: 'confirmation',
            required: true,
            autocomplete: 'off',
            spellcheck: 'false',
          }),
        ),
      h(
        'div.row',
        {},
        isAllowed
          ? h(
              'button',
              { class: confirmation === undefined ? 'primary' : 'danger', disabled: busy.has('start-restore') },
              'Restore now',
            )
          : h('p', {}, 'This is for admins.'),
        actButton('drop-plan', {}, 'Do nothing'),
      ),
    ),
  )
}
