import { ask, Refusal } from './api.js'
import { readSoon } from './following.js'
import { change, stateNow } from './state.js'
import { runTitle } from './view/runs.js'

/** @import { Notice } from './state.js' */

/**
 * What elements with `data-act` do, by its value.
 *
 * @type {Readonly<Record<string, (element: HTMLElement) => void | Promise<void>>>}
 */
const acts = {
  filter: (element) => change({ filter: valueOf(element) }),
  'open-source'({ dataset: { source = '' } }) {
    const opened = new Set(stateNow().opened)
    if (!opened.delete(source)) opened.add(source)
    change({ opened })
  },
  dismiss({ dataset: { notice } }) {
    change({ notices: stateNow().notices.filter(({ id }) => String(id) !== notice) })
  },
  async 'back-up'({ dataset: { source = '' } }) {
    const run = await ask('runs.start', { body: { operation: 'backup', source } })
    note('good', `${runTitle(run)} begins`)
    readSoon()
  },
  async 'cancel-run'({ dataset: { run = '' } }) {
    const { state } = await ask('runs.cancel', { params: { run } })
    if (state === 'running') note('good', 'the run stops as soon as that is safe')
    readSoon()
  },
  async acknowledge(element) {
    const { note: text = '', isExpected } = fieldsOf(element)
    const { finding: key = '' } = element.dataset
    const body = { note: text, isExpected: isExpected === 'on' }
    const finding = await ask('findings.acknowledge', { params: { key }, body })
    const others = (stateNow().findings ?? []).filter((each) => each.key !== key)
    change({ findings: [...others, finding] })
    note('good', 'acknowledged: it is not told again')
  },
}

/** Does what an element is for; what the server refuses is shown in its words. @param {HTMLElement} element */
export async function act(element) {
  const { act: name = '', ...rest } = element.dataset
  const waiting = [name, ...Object.values(rest)].join(' ')
  if (stateNow().busy.has(waiting)) return
  change({ busy: new Set([...stateNow().busy, waiting]) })
  try {
    await acts[name]?.(element)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    note('error', error.message, error.hint)
  } finally {
    change({ busy: new Set([...stateNow().busy].filter((each) => each !== waiting)) })
  }
}

const shownMs = 8_000
let notices = 0

/** Says in the corner what happened; what went wrong stays until it is closed. @param {Notice['tone']} tone @param {string} message @param {string} [hint] */
export function note(tone, message, hint) {
  const id = ++notices
  change({ notices: [...stateNow().notices, { id, tone, message, ...(hint !== undefined && { hint }) }].slice(-4) })
  if (tone === 'error') return
  window.setTimeout(() => change({ notices: stateNow().notices.filter((each) => each.id !== id) }), shownMs)
}

/** What is written in a form, by the names of its fields. @param {HTMLElement} form @returns {Readonly<Record<string, string>>} */
export function fieldsOf(form) {
  if (!(form instanceof HTMLFormElement)) return {}
  return Object.fromEntries(
    [...new FormData(form)].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

/** @param {HTMLElement} element */
export function valueOf(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.value : ''
}
