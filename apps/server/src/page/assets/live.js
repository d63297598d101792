import { placeOf } from './api.js'

/** @import { Routes } from '@holdfast/api/routes' */
/** @import { RouteReply } from '@holdfast/api/route' */

const firstPauseMs = 1_000
const longestPauseMs = 15_000

/**
 * Follows what the server tells until it is closed. A cut connection is opened again: by the browser, and where that
 * gives up (a proxy answered with an error, somebody has to sign in again), here.
 *
 * @param {object} told
 * @param {(event: RouteReply<Routes['events.stream']>) => void} told.event
 * @param {() => void} told.connected each time it is
 * @param {() => void} told.lost
 */
export function openLive({ event, connected, lost }) {
  let pauseMs = firstPauseMs
  /** @type {EventSource | undefined} */
  let source
  /** @type {number | undefined} */
  let timer
  const open = () => {
    source = new EventSource(placeOf('events.stream'))
    source.addEventListener('open', () => {
      pauseMs = firstPauseMs
      connected()
    })
    source.addEventListener('message', ({ data }) => event(JSON.parse(data)))
    source.addEventListener('error', () => {
      lost()
      if (source?.readyState !== EventSource.CLOSED) return
      timer = window.setTimeout(open, pauseMs)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    })
  }
  open()
  return {
    close() {
      window.clearTimeout(timer)
      source?.close()
    },
  }
}
