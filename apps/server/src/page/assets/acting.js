import { ask, Refusal } from './api.js'
import { enter, signIn, signOut } from './entering.js'
import { readSoon } from './following.js'
import {
  changeRecover,
  chooseSnapshot,
  chooseSource,
  chooseWay,
  openDirectory,
  planRestore,
  readEntries,
  startRestore,
  toggleChosen,
} from './recovering.js'
import { change, stateNow } from './state.js'
import { runTitle } from './view/runs.js'

/** @import { Notice } from './state.js' */

/**
 * What elements with `data-act` do, by its value.
 *
 * @type {Readonly<Record<string, (element: HTMLElement) => void | Promise<void>>>}
 */
const acts = {
  'sign-in': (element) => signIn(fieldsOf(element)),
  'sign-out': () => signOut(),
  reload: () => window.location.reload(),
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
  async recover({ dataset: { source = '' } }) {
    const chosen = chooseSource(source)
    const title = document.querySelector('#recover-title')
    if (title instanceof HTMLElement) title.focus({ preventScroll: true })
    title?.scrollIntoView()
    await chosen
  },
  'choose-source': (element) => chooseSource(valueOf(element)),
  async 'choose-backup'(element) {
    const { backups = [] } = stateNow().recover
    const copy = backups.find(({ lineage }) => lineage === valueOf(element))?.copies[0]
    if (copy !== undefined) await chooseSnapshot(copy.repository, copy.id)
  },
  async 'choose-copy'(element) {
    const { backups = [], snapshot } = stateNow().recover
    const copies = backups.find(({ lineage }) => lineage === snapshot?.lineage)?.copies ?? []
    const copy = copies.find(({ repository }) => repository === valueOf(element))
    if (copy !== undefined) await chooseSnapshot(copy.repository, copy.id)
  },
  async 'open-directory'({ dataset: { path = '/' } }) {
    await openDirectory(path)
    // the name that had the focus is gone
    const entries = document.querySelector('.entries')
    if (document.activeElement === document.body && entries instanceof HTMLElement) entries.focus()
  },
  'more-entries': () => readEntries(),
  'choose-path': ({ dataset: { path = '/' } }) => toggleChosen(path),
  async 'choose-target'(element) {
    const target = valueOf(element)
    if (target === 'directory' || target === 'original' || target === 'database') await chooseWay({ target })
  },
  async 'choose-moment'(element) {
    const moment = valueOf(element)
    if (moment === 'backup' || moment === 'latest' || moment === 'instant') await chooseWay({ moment })
  },
  'plan-restore': (element) => planRestore(fieldsOf(element)),
  'drop-plan': () => changeRecover({ plan: undefined, planProblem: undefined }),
  async 'start-restore'(element) {
    await startRestore(fieldsOf(element))
    readSoon()
  },
}

/** Does what an element is for; what the server refuses is shown in its words. @param {HTMLElement} element */
export async function act(element) {
  const { act: name = '', ...rest } = element.dataset
  const waiting = [name, ...Object.values(rest)].join(' ')
  // a second choice replaces the first, a second push does nothing
  const isPushed = !(element instanceof HTMLSelectElement || element instanceof HTMLInputElement)
  if (isPushed && stateNow().busy.has(waiting)) return
  change({ busy: new Set([...stateNow().busy, waiting]) })
  try {
    await acts[name]?.(element)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.status === 401) await enter()
    else note('error', error.message, error.hint)
  } finally {
    change({ busy: new Set([...stateNow().busy].filter((each) => each !== waiting)) })
  }
}

const shownMs = 8_000
let notices = 0

/** Says in the corner what happened; what went wrong stays until it is closed. @param {Notice['tone']} tone @param {string} message @param {string} [hint] */
function note(tone, message, hint) {
  const id = ++notices
  change({ notices: [...stateNow().notices, { id, tone, message, ...(hint !== undefined && { hint }) }].slice(-4) })
  if (tone === 'error') return
  window.setTimeout(() => change({ notices: stateNow().notices.filter((each) => each.id !== id) }), shownMs)
}

/** What is written in a form, by the names of its fields. @param {HTMLElement} form @returns {Readonly<Record<string, string>>} */
function fieldsOf(form) {
  if (!(form instanceof HTMLFormElement)) return {}
  return Object.fromEntries(
    [...new FormData(form)].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

/** @param {HTMLElement} element */
export function valueOf(element) {
  return element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.value : ''
}
