/**
 * What the page knows. One object, changed only through `change`, and shown as a whole after each change.
 *
 * @import { RouteReply } from '@holdfast/api/route'
 * @import { Routes } from '@holdfast/api/routes'
 * @import { SourceView } from '@holdfast/api/view/source-view'
 * @import { RunView } from '@holdfast/api/view/run-view'
 * @import { FindingView } from '@holdfast/api/view/finding-view'
 * @import { Recover } from './recovering.js'
 * @typedef {{ id: number, tone: 'good' | 'error', message: string, hint?: string }} Notice
 * @typedef {{ fraction?: number, filesDone?: number, text: string }} Progress
 *
 * @typedef {object} State
 * @property {Date} now by the server's clock
 * @property {'opening' | 'live' | 'lost'} connection
 * @property {boolean} isOutdated the server has another page by now
 * @property {Date | undefined} seenAt when the figures were fetched last
 * @property {RouteReply<Routes['session.get']>['caller'] | undefined} caller absent: nobody has signed in, or it is not known yet
 * @property {boolean} isSignInNeeded
 * @property {{ operate: boolean, administer: boolean }} may what only some roles may; everybody may look
 * @property {readonly SourceView[] | undefined} sources
 * @property {readonly RunView[] | undefined} runs
 * @property {readonly FindingView[] | undefined} findings
 * @property {ReadonlyMap<string, Progress>} progress by run
 * @property {string} filter of sources
 * @property {ReadonlySet<string>} opened sources whose details are shown
 * @property {ReadonlySet<string>} busy what waits for an answer of the server
 * @property {readonly Notice[]} notices
 * @property {Recover} recover
 * @property {{ message: string, hint: string } | undefined} entryProblem why one cannot come in
 * @property {string | undefined} provider of identities: where signing in there begins
 */

/** @type {Recover} */
export const nothingChosen = { path: '/', total: 0, chosen: new Set(), target: 'directory', moment: 'backup' }

/** @type {State} */
let current = {
  now: new Date(),
  connection: 'opening',
  isOutdated: false,
  seenAt: undefined,
  caller: undefined,
  isSignInNeeded: false,
  may: { operate: false, administer: false },
  sources: undefined,
  runs: undefined,
  findings: undefined,
  progress: new Map(),
  filter: '',
  opened: new Set(),
  busy: new Set(),
  notices: [],
  recover: nothingChosen,
  entryProblem: undefined,
  provider: undefined,
}

/** @type {(state: State) => void} */
let listener = () => {}
let isDrawn = true
/** One frame of a screen: what changes together is drawn together. */
const drawAfterMs = 16

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
  // not by animation frames, of which a hidden tab has none: its title tells what is broken
  window.setTimeout(() => {
    isDrawn = true
    listener(current)
  }, drawAfterMs)
}

/** Of the source of which data is to be got back: "files". @param {State} state @returns {string | undefined} */
export function typeOfSource({ recover, sources }) {
  return sources?.find(({ name }) => name === recover.source)?.type
}
