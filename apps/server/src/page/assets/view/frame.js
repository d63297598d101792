import { h } from '../dom.js'
import { actButton, ago, prose, sentence } from '../elements.js'

/** @import { State } from '../state.js' */

const places = [
  ['sources', 'Sources'],
  ['runs', 'Runs'],
  ['findings', 'Findings'],
  ['recover', 'Get data back'],
]

/** The bar at the top: where one is, whether figures are live, who one is. @param {State} state @param {string} icon */
export function frame({ caller, connection }, icon) {
  const brand = h('a.brand', { href: '#top' }, h('img', { src: icon, alt: '' }), 'Holdfast')
  if (caller === undefined) return h('div.bar', {}, brand)
  const isOpenToAll = caller.kind === 'local'
  return h(
    'div.bar',
    {},
    brand,
    h('nav', { 'aria-label': 'Parts of this page' }, ...places.map(([id, text]) => h('a', { href: `#${id}` }, text))),
    h(
      'div.who',
      {},
      connection === 'live'
        ? h('span.live.on', { title: 'Changes appear by themselves' }, 'Live')
        : h(
            'span.live',
            { class: connection === 'lost' ? 'off' : '' },
            connection === 'lost' ? 'Not connected' : 'Connecting',
          ),
      h(
        'span.name.dim',
        { title: `Signed in as ${caller.name}` },
        isOpenToAll ? 'This machine' : caller.name,
        h('span.role', {}, ` (${caller.role})`),
      ),
      !isOpenToAll && actButton('sign-out', { class: 'small' }, 'Sign out'),
    ),
  )
}

/** Across the page: that what is shown may be old. @param {State} state */
export function banner({ connection, seenAt, caller, now, isOutdated }) {
  if (isOutdated)
    return h(
      'p',
      { key: 'outdated' },
      'The server has a newer version of this page. ',
      actButton('reload', { class: 'link' }, 'Load it'),
    )
  if (caller === undefined || connection !== 'lost') return null
  const since = seenAt === undefined ? '' : [' What you see is as it was ', ago(seenAt.toISOString(), now), '.']
  return h('p', {}, 'The connection to the server is lost; trying again.', since)
}

/** What just happened, in the corner. @param {State} state */
export function notices({ notices: all }) {
  return all.map(({ id, tone, message, hint }) =>
    h(
      'div.notice',
      { key: String(id), class: tone },
      h('div', {}, h('p', {}, sentence(message)), hint !== undefined && h('p.small', {}, prose(hint))),
      actButton('dismiss', { class: 'small', 'data-notice': String(id), 'aria-label': 'Close this message' }, '✕'),
    ),
  )
}
