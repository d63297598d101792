import { placeOf } from '../api.js'
import { h } from '../dom.js'
import { actButton, moment, problem, spoken } from '../elements.js'
import { countText, sizeText, timeText } from '../words.js'
import { typeOfSource } from '../state.js'
import { restoreStep } from './restore.js'

/**
 * @import { State } from '../state.js'
 * @import { Backup, Recover } from '../recovering.js'
 * @import { EntryView, SnapshotView } from '@holdfast/api/view/snapshot-view'
 */

/** From a source to a backup to a directory in it, to a file that is downloaded or a restore. @param {State} state */
export function recoverCard(state) {
  const { recover } = state
  const { snapshot } = recover
  return h(
    'section.card',
    { id: 'recover', 'aria-labelledby': 'recover-title' },
    h('header', {}, h('h2', { id: 'recover-title', tabindex: '-1' }, 'Get data back')),
    h('div.choose', { key: 'choose' }, sourceChoice(state), backupChoice(recover), repositoryChoice(recover)),
    recover.problem !== undefined && h('div.step', { key: 'problem' }, problem(recover.problem)),
    snapshot !== undefined && recover.problem === undefined && browser(recover, snapshot, state),
    snapshot !== undefined && state.may.operate && restoreStep(state, snapshot),
  )
}

/** @param {State} state */
function sourceChoice({ recover, sources = [] }) {
  return choice('Source', 'choose-source', recover.source ?? '', [
    h('option', { key: '', value: '' }, 'Choose…'),
    ...sources.map(({ name }) => h('option', { key: name, value: name }, name)),
  ])
}

/** @param {Recover} recover */
function backupChoice({ source, backups, snapshot, problem: failed }) {
  const title = 'As it was'
  if (source === undefined)
    return choice(title, 'choose-backup', '', [h('option', { value: '' }, 'Choose a source first')])
  if (backups === undefined) {
    return choice(title, 'choose-backup', '', [h('option', { value: '' }, failed === undefined ? 'Loading…' : '–')])
  }
  if (backups.length === 0)
    return choice(title, 'choose-backup', '', [h('option', { value: '' }, 'There is no backup yet')])
  const options = backups.map((backup, index) =>
    h('option', { key: backup.lineage, value: backup.lineage }, backupText(backup, index)),
  )
  return choice(title, 'choose-backup', snapshot?.lineage ?? '', options)
}

/** @param {Backup} backup @param {number} index */
function backupText({ time, bytes, proof }, index) {
  const parts = [
    timeText(new Date(time)),
    index === 0 && 'the newest',
    bytes !== undefined && sizeText(bytes),
    proof !== undefined && (proof.verdict === 'passed' ? 'proven ✓' : 'proof failed ✗'),
  ]
  return parts.filter((part) => part !== false).join(' · ')
}

/** Only where there is a choice. @param {Recover} recover */
function repositoryChoice({ backups = [], snapshot }) {
  const copies = backups.find(({ lineage }) => lineage === snapshot?.lineage)?.copies ?? []
  if (copies.length < 2 || snapshot === undefined) return null
  const options = copies.map(({ repository }) => h('option', { key: repository, value: repository }, repository))
  return choice('From', 'choose-copy', snapshot.repository, options)
}

/** @param {string} title @param {string} act @param {string} value @param {readonly HTMLElement[]} options */
function choice(title, act, value, options) {
  const isDisabled = options.length < 2 && value === ''
  const select = h('select', { id: act, 'data-act': act, 'data-value': value, disabled: isDisabled }, options)
  return h('div', { key: act }, h('label', { for: act }, title), select)
}

/** @param {Recover} recover @param {SnapshotView} snapshot @param {State} state */
function browser(recover, snapshot, state) {
  const { may } = state
  const { entries, total, after } = recover
  const isPicked = may.operate && typeOfSource(state) === 'files'
  const content =
    entries === undefined
      ? h('p.empty', {}, 'Loading…')
      : entries.length === 0
        ? h('p.empty', {}, 'This directory is empty.')
        : h(
            'table',
            {},
            heads(isPicked),
            h('tbody', {}, ...entries.map((each) => row(each, { recover, snapshot, may, isPicked }))),
          )
  return h(
    'div',
    { key: 'browser' },
    crumbs(recover),
    h(
      'div.entries',
      {
        tabindex: '0',
        role: 'region',
        'aria-label': 'Content of the directory',
        'aria-busy': entries === undefined ? 'true' : 'false',
      },
      content,
    ),
    after !== undefined &&
      h('div.step', {}, actButton('more-entries', {}, `Show more of ${countText(total, 'entry', 'entries')}`)),
  )
}

/** The way to the directory; each name leads back to it. @param {Recover} recover */
function crumbs({ path }) {
  const names = path.split('/').filter((name) => name !== '')
  const ways = names.map((name, index) => ({ name, path: `/${names.slice(0, index + 1).join('/')}` }))
  const all = [{ name: 'Top', path: '/' }, ...ways]
  return h(
    'nav',
    { 'aria-label': 'Way to the directory' },
    h(
      'ol.crumbs',
      {},
      ...all.map((way, index) =>
        h(
          'li',
          { key: way.path },
          index === all.length - 1
            ? h('span.breaks', { 'aria-current': 'location' }, way.name)
            : actButton('open-directory', { class: 'link', 'data-path': way.path }, way.name),
        ),
      ),
    ),
  )
}

/** @param {boolean} isPicked */
function heads(isPicked) {
  return h(
    'thead',
    {},
    h(
      'tr',
      {},
      isPicked && h('th', { scope: 'col' }, spoken('Choose')),
      h('th.name', { scope: 'col' }, 'Name'),
      h('th.figure.wide', { scope: 'col' }, 'Size'),
      h('th.wide', { scope: 'col' }, 'Changed'),
      h('th', { scope: 'col' }, spoken('Download')),
    ),
  )
}

/**
 * @param {EntryView} entry
 * @param {{ recover: Recover, snapshot: SnapshotView, may: State['may'], isPicked: boolean }} around
 */
function row(entry, { recover, snapshot, may, isPicked }) {
  const { path, name, type, sizeBytes, modifiedAt, linkTarget } = entry
  const params = { repository: snapshot.repository, snapshot: snapshot.id }
  const isDirectory = type === 'dir'
  const canDownload = may.operate && (isDirectory || type === 'file')
  const href = canDownload ? placeOf('snapshots.download', { params, query: { path } }) : ''
  const picked = { type: 'checkbox', 'data-act': 'choose-path', 'data-path': path, 'aria-label': `Restore ${name}` }
  return h(
    'tr',
    { key: path },
    isPicked && h('td', {}, h('input', { ...picked, checked: recover.chosen.has(path) })),
    h(
      'td.name',
      {},
      h(
        'div.entry',
        {},
        h('span.sign', { class: isDirectory ? 'folder' : type === 'symlink' ? 'link' : 'file', 'aria-hidden': 'true' }),
        h(
          'span.breaks',
          {},
          isDirectory
            ? actButton('open-directory', { class: 'link', 'data-path': path }, name, spoken(' (directory)'))
            : name,
          sizeBytes !== undefined && h('span.second.narrow', { 'aria-hidden': 'true' }, sizeText(sizeBytes)),
          linkTarget !== undefined && h('span.dim', {}, ` → ${linkTarget}`),
          !isDirectory && type !== 'file' && type !== 'symlink' && h('span.dim', {}, ` (${type})`),
        ),
      ),
    ),
    h('td.figure.wide', {}, sizeBytes === undefined ? '' : sizeText(sizeBytes)),
    h('td.wide.dim.nowrap', {}, moment(modifiedAt)),
    h(
      'td.figure',
      {},
      canDownload &&
        h(
          'a',
          { href, download: true, 'data-path': path },
          isDirectory ? 'Download as .tar' : 'Download',
          spoken(` ${name}`),
        ),
    ),
  )
}
