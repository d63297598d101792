import { ask, Refusal } from './api.js'
import { startFollowing, stopFollowing } from './following.js'
import { change, nothingChosen } from './state.js'

/**
 * @import { RouteReply } from '@holdfast/api/route'
 * @import { Routes } from '@holdfast/api/routes'
 * @typedef {RouteReply<Routes['session.get']>} Session
 */

const againAfterMs = 3_000
/** By then what has changed is on the page. */
const drawnAfterMs = 100

/** Finds out who one is, and shows the page, or the form to sign in. */
export async function enter() {
  try {
    be(await ask('session.get'))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    change({ connection: 'lost', entryProblem: { message: error.message, hint: error.hint } })
    window.setTimeout(() => void enter(), againAfterMs)
  }
}

/** @param {Readonly<Record<string, string>>} fields */
export async function signIn({ name = '', password = '' }) {
  change({ entryProblem: undefined })
  try {
    be(await ask('session.open', { body: { name, password } }))
    document.querySelector('main')?.focus()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    change({ entryProblem: { message: error.message, hint: error.hint } })
  }
}

export async function signOut() {
  be(await ask('session.close'))
}

function focusForm() {
  const field = document.querySelector('#sign-in-name')
  if (field instanceof HTMLElement && document.activeElement === document.body) field.focus()
}

/** @param {Session} session */
function be({ caller, signIn: { isNeeded, provider } }) {
  const entered = { entryProblem: undefined, provider, isSignInNeeded: isNeeded }
  if (isNeeded) {
    stopFollowing()
    // whoever comes next is not to see what the last one saw
    const forgotten = { sources: undefined, runs: undefined, findings: undefined, progress: new Map(), notices: [] }
    change({ ...entered, ...forgotten, caller: undefined, filter: '', opened: new Set(), recover: nothingChosen })
    window.setTimeout(focusForm, drawnAfterMs)
    return
  }
  const { role } = caller
  const operate = role === 'operator' || role === 'admin'
  change({ ...entered, caller, may: { operate, administer: role === 'admin' } })
  startFollowing(() => void enter())
}
