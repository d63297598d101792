import { h } from './dom.js'
import { agoText, durationText, exactTimeText, timeText, tookText } from './words.js'

/**
 * Small things that several parts of the page show.
 *
 * @import { Child } from './dom.js'
 * @import { SourceView } from '@holdfast/api/view/source-view'
 * @typedef {SourceView['rpo']} Objective
 */

/** For those who listen to the page only. @param {string} text */
export function spoken(text) {
  return h('span.spoken', {}, text)
}

/**
 * How long ago, with the instant itself in the title.
 *
 * @param {string} instant ISO 8601
 * @param {Date} now
 */
export function ago(instant, now) {
  const at = new Date(instant)
  return h('time', { datetime: instant, title: exactTimeText(at) }, agoText(at, now))
}

/** @param {string} instant ISO 8601 */
export function moment(instant) {
  const at = new Date(instant)
  return h('time', { datetime: instant, title: exactTimeText(at) }, timeText(at))
}

/** @param {'good' | 'warn' | 'bad' | 'busy' | ''} tone @param {...Child} children */
export function chip(tone, ...children) {
  return h('span.chip', { class: tone }, ...children)
}

const verdictMarks = {
  kept: { mark: '✓', tone: 'good-text', word: 'kept' },
  broken: { mark: '✗', tone: 'bad-text', word: 'broken' },
  unknown: { mark: '?', tone: 'warn-text', word: 'not measured yet' },
  'not promised': { mark: '', tone: '', word: '' },
}

/**
 * A figure with its mark: "✓ 12 min".
 *
 * @param {Objective['verdict']} holds @param {Child} figure
 */
export function verdict(holds, figure) {
  const { mark, tone, word } = verdictMarks[holds]
  return [
    h('span.nowrap', { class: tone }, mark !== '' && h('span', { 'aria-hidden': 'true' }, `${mark} `), figure),
    word !== '' && spoken(`, promise ${word}`),
  ]
}

/**
 * "✓ 12 min" and below "of 24 h".
 *
 * @param {Objective} objective
 * @param {string} nothing what to say where there is no figure
 */
export function objective({ verdict: holds, actualMs, promisedMs }, nothing) {
  return [
    verdict(holds, actualMs === undefined ? nothing : tookText(actualMs)),
    promisedMs !== undefined && h('span.second', {}, `of ${durationText(promisedMs / 1000)}`),
  ]
}

/** @param {number} points @param {number} most */
export function pips(points, most) {
  const dots = Array.from({ length: most }, (_, index) => h('i', { class: index < points ? 'on' : '' }))
  return h('span.pips', { role: 'img', 'aria-label': `${points} of ${most}`, title: `${points} of ${most}` }, dots)
}

/**
 * A button that does something: `act` is a name in `main.js`, the rest is told to it.
 *
 * @param {string} act
 * @param {Readonly<Record<string, string | boolean | undefined>>} attributes
 * @param {...Child} children
 */
export function actButton(act, attributes, ...children) {
  return h('button', { type: 'button', ...attributes, 'data-act': act }, ...children)
}

/**
 * Text in which commands stand between backticks: "Make one with `holdfast run backup shop`."
 *
 * @param {string} text
 * @returns {readonly Child[]}
 */
export function prose(text) {
  return text.split(/`([^`\n]+)`/).map((part, index) => (index % 2 === 0 ? part : h('code', {}, part)))
}

/** What went wrong, in the server's words. @param {{ message: string, hint: string }} error */
export function problem({ message, hint }) {
  return h('div.problem', { key: 'problem', role: 'alert' }, h('p', {}, sentence(message)), h('p', {}, prose(hint)))
}

/** "no such source" → "No such source." @param {string} message */
export function sentence(message) {
  const text = message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
