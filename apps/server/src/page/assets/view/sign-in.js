import { h } from '../dom.js'
import { problem } from '../elements.js'

/** @import { State } from '../state.js' */

/** Instead of everything else, where somebody has to sign in. @param {State} state */
export function signIn({ signIn: { oidc, problem: error }, busy }) {
  return h(
    'section.card.sign-in',
    { 'aria-labelledby': 'sign-in-title' },
    h('h1', { id: 'sign-in-title' }, 'Sign in to Holdfast'),
    h(
      'form.form',
      { 'data-act': 'sign-in' },
      error !== undefined && problem(error),
      field('name', 'Name', { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false' }),
      field('password', 'Password', { type: 'password', autocomplete: 'current-password' }),
      h('button.primary', { disabled: busy.has('sign-in') }, busy.has('sign-in') ? 'Signing in…' : 'Sign in'),
      oidc !== undefined && [h('p.or.small', {}, 'or'), h('a.button', { href: oidc.href }, oidc.text)],
    ),
  )
}

/** @param {string} name @param {string} text @param {Readonly<Record<string, string>>} attributes */
function field(name, text, attributes) {
  const id = `sign-in-${name}`
  return h('div', {}, h('label', { for: id }, text), h('input', { id, name, required: true, ...attributes }))
}
