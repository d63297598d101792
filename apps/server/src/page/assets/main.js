import { act } from './acting.js'
import { h, show } from './dom.js'
import { startClock } from './following.js'
import { onChange } from './state.js'
import { findingsCard } from './view/findings.js'
import { banner, frame, notices } from './view/frame.js'
import { headline, tabTitle } from './view/headline.js'
import { runsCard } from './view/runs.js'
import { recoverCard } from './view/recover.js'
import { opening, signInForm } from './view/sign-in.js'
import { sourcesCard } from './view/sources.js'
import { enter } from './entering.js'

/** @import { State } from './state.js' */

/** @param {string} query @returns {HTMLElement} */
function byQuery(query) {
  const element = document.querySelector(query)
  if (!(element instanceof HTMLElement)) throw new Error(`the page has no ${query}`)
  return element
}

const icon = byQuery('link[rel=icon]').getAttribute('href') ?? ''

/** @param {State} state */
function draw(state) {
  document.title = tabTitle(state)
  show(byQuery('#top'), frame(state, icon))
  show(byQuery('#banner'), banner(state))
  show(byQuery('#notices'), ...notices(state))
  if (state.isSignInNeeded) show(byQuery('#content'), signInForm(state))
  else if (state.caller === undefined) show(byQuery('#content'), opening(state))
  else showAll(state)
}

/** @param {State} state */
function showAll(state) {
  show(
    byQuery('#content'),
    headline(state),
    sourcesCard(state),
    h('div.pair', { key: 'pair' }, runsCard(state), findingsCard(state)),
    recoverCard(state),
  )
}

// One listener for the whole page: elements come and go, and say by data-act what they are for.
for (const type of ['click', 'submit', 'change', 'input']) {
  document.addEventListener(type, (event) => {
    const element = event.target instanceof Element ? event.target.closest('[data-act]') : null
    if (!(element instanceof HTMLElement) || listensTo(element) !== type) return
    if (type === 'submit') event.preventDefault()
    void act(element)
  })
}

/** @param {HTMLElement} element */
function listensTo(element) {
  if (element instanceof HTMLFormElement) return 'submit'
  if (element instanceof HTMLSelectElement) return 'change'
  if (!(element instanceof HTMLInputElement)) return 'click'
  return element.type === 'checkbox' ? 'change' : 'input'
}

onChange(draw)
startClock()
await enter()
