import { h } from '../dom.js'
import { problem } from '../elements.js'

/** @import { State } from '../state.js' */

/** Instead of everything else, where somebody has to sign in. @param {State} state */
export function signInForm({ entryProblem, provider, busy }) {
  return h(
    'section.card.sign-in',
    { 'aria-labelledby': 'sign-in-title' },
    h('h1', { id: 'sign-in-title' }, 'Sign in to Holdfast'),
    h(
      'form.form',
      { 'data-act': 'sign-in' },
      entryProblem !== undefined && problem(entryProblem),
      field('name', 'Name', { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' }),
      field('password', 'Password', { type: 'password', autocomplete: 'current-password' }),
      h('button.primary', { disabled: busy.has('sign-in') }, busy.has('sign-in') ? 'Signing in…' : 'Sign in'),
      provider !== undefined && [
        h('p.or.small', {}, 'or'),
        h('a.button', { href: provider.slice(1) }, 'Sign in with your organisation'),
      ],
    ),
  )
}

/** @param {string} name @param {string} text @param {Readonly<Record<string, string>>} attributes */
function field(name, text, attributes) {
  const id = `sign-in-${name}`
  return h('div', { key: name }, h('label', { for: id }, text), h('input', { id, name, required: true, ...attributes }))
}

/** Before it is known who one is. @param {State} state */
export function opening({ entryProblem }) {
  return entryProblem === undefined ? h('p.opening', {}, 'Loading…') : h('div.opening', {}, problem(entryProblem))
}
