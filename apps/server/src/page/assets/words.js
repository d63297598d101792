/** Figures as people say them. Pure. */

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/**
 * "40 s", "12 min", "3 h 20 min", "2 days 4 h": the two largest units, rounded down, so that nothing looks older than
 * its promise before it is.
 *
 * @param {number} seconds
 */
export function durationText(seconds) {
  const whole = Math.floor(Math.max(0, seconds))
  if (whole < minute) return `${whole} s`
  if (whole < 10 * minute) return joined(Math.floor(whole / minute), 'min', whole % minute, 's')
  if (whole < hour) return `${Math.floor(whole / minute)} min`
  if (whole < day) return joined(Math.floor(whole / hour), 'h', Math.floor((whole % hour) / minute), 'min')
  const days = Math.floor(whole / day)
  const hours = days < 14 ? Math.floor((whole % day) / hour) : 0
  return joined(days, days === 1 ? 'day' : 'days', hours, 'h')
}

/**
 * Of what was measured: "6 min 12 s", "under 1 s".
 *
 * @param {number} durationMs
 */
export function tookText(durationMs) {
  return durationMs < 1000 ? 'under 1 s' : durationText(durationMs / 1000)
}

/** @param {number} large @param {string} largeUnit @param {number} small @param {string} smallUnit */
function joined(large, largeUnit, small, smallUnit) {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

/**
 * "just now", "12 min ago", "in 3 h"
 *
 * @param {Date} at @param {Date} now
 */
export function agoText(at, now) {
  const seconds = (now.getTime() - at.getTime()) / 1000
  // Clocks differ a little: a moment ahead is now.
  if (Math.abs(seconds) < 10) return 'just now'
  return seconds > 0 ? `${ageText(seconds)} ago` : `in ${ageText(-seconds)}`
}

/** Of an age the small unit says nothing once the large one has grown. @param {number} seconds */
function ageText(seconds) {
  const unit = seconds < 2 * minute ? 1 : seconds < 3 * hour ? minute : seconds < 3 * day ? hour : day
  return durationText(seconds - (seconds % unit))
}

const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/**
 * "17 B", "1.2 GiB", "340 MiB": three figures at most.
 *
 * @param {number} bytes
 */
export function sizeText(bytes) {
  if (Math.abs(bytes) < 1024) return `${bytes} B`
  let value = bytes
  let unit = ''
  for (const next of units) {
    if (Math.abs(value) < 999.5 && unit !== '') break
    value /= 1024
    unit = next
  }
  return `${Math.abs(value) < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

/**
 * "1 file", "1,234 files"
 *
 * @param {number} count @param {string} one @param {string} [many]
 */
export function countText(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/**
 * In the reader's zone, short: "21 Nov 2026, 14:05".
 *
 * @param {Date} at
 */
export function timeText(at) {
  return at.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  })
}

/**
 * All of it, with the zone: "21 November 2026 at 14:05:09 CET".
 *
 * @param {Date} at
 */
export function exactTimeText(at) {
  return at.toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'long' })
}

/**
 * "a, b and c"
 *
 * @param {readonly string[]} words
 */
export function listText(words) {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}
