/**
 * What the page knows. One object, changed only through `change`, and shown as a whole after each change.
 *
 * @import { Caller } from '@holdfast/api/caller'
 * @import { SourceView } from '@holdfast/api/view/source-view'
 * @import { RunView } from '@holdfast/api/view/run-view'
 * @import { FindingView } from '@holdfast/api/view/finding-view'
 * @typedef {{ id: number, tone: 'good' | 'error', message: string, hint?: string }} Notice
 * @typedef {{ fraction?: number, text: string }} Progress
 *
 * @typedef {object} State
 * @property {Date} now by the server's clock
 * @property {'opening' | 'live' | 'lost'} connection
 * @property {Date | undefined} seenAt when the figures were fetched last
 * @property {Caller | undefined} caller absent: nobody has signed in, or it is not known yet
 * @property {boolean} isOpenToAll nobody has to sign in here
 * @property {boolean} isSignInNeeded
 * @property {{ look: boolean, operate: boolean, administer: boolean }} may
 * @property {readonly SourceView[] | undefined} sources
 * @property {readonly RunView[] | undefined} runs
 * @property {readonly FindingView[] | undefined} findings
 * @property {ReadonlyMap<string, Progress>} progress by run
 * @property {string} filter of sources
 * @property {ReadonlySet<string>} opened sources whose details are shown
 * @property {ReadonlySet<string>} busy what waits for an answer of the server
 * @property {readonly Notice[]} notices
 * @property {{ problem?: { message: string, hint: string }, oidc?: { text: string, href: string } }} signIn
 */

/** @type {State} */
let current = {
  now: new Date(),
  connection: 'opening',
  seenAt: undefined,
  caller: undefined,
  isOpenToAll: false,
  isSignInNeeded: false,
  may: { look: false, operate: false, administer: false },
  sources: undefined,
  runs: undefined,
  findings: undefined,
  progress: new Map(),
  filter: '',
  opened: new Set(),
  busy: new Set(),
  notices: [],
  signIn: {},
}

/** @type {(state: State) => void} */
let listener = () => {}
let isDrawn = true

export function stateNow() {
  return current
}

/** Calls back once after any number of changes made together. @param {(state: State) => void} listen */
export function onChange(listen) {
  listener = listen
}

/** @param {Partial<State>} changes */
export function change(changes) {
  current = { ...current, ...changes }
  if (!isDrawn) return
  isDrawn = false
  requestAnimationFrame(() => {
    isDrawn = true
    listener(current)
  })
}
