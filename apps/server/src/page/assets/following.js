import { ask, Refusal } from './api.js'
import { openLive } from './live.js'
import { change, stateNow } from './state.js'
import { sizeText } from './words.js'

/**
 * Keeps the figures of the page those of the server: reads them, then follows what changes.
 *
 * @import { EventView } from '@holdfast/api/view/event-view'
 * @import { RunView } from '@holdfast/api/view/run-view'
 * @import { Progress } from './state.js'
 */

/** A server takes 300 requests a minute from one person. */
const shortestPauseMs = 2_500
/** Promises break by time alone, of which no event tells. */
const longestPauseMs = 60_000
const clockEveryMs = 10_000
const runsKept = 60

/** By how much the server's clock is ahead of this one's. */
let aheadMs = 0
let readAtMs = 0
/** @type {number | undefined} */
let timer
/** @type {{ close(): void } | undefined} */
let live
let isFollowing = false
/** Grows with each beginning and end: what was asked for before is not shown to whoever comes in next. */
let turn = 0
/** since the stream was open last */
let wasLost = false
/** Called when the server does not know who asks any more. */
let signedOut = () => {}

/** @param {() => void} onSignedOut */
export function startFollowing(onSignedOut) {
  signedOut = onSignedOut
  isFollowing = true
  turn += 1
  listen()
}

export function stopFollowing() {
  isFollowing = false
  turn += 1
  live?.close()
  window.clearTimeout(timer)
}

function listen() {
  live?.close()
  change({ connection: 'opening' })
  live = openLive({
    event: take,
    connected() {
      if (wasLost) void lookForNewPage()
      wasLost = false
      change({ connection: 'live' })
      readSoon()
    },
    lost() {
      wasLost = true
      change({ connection: 'lost' })
      // the answer tells whether the server is away or does not know who asks any more
      readSoon()
    },
  })
}

// A browser opens six connections to a server at most, for all of its tabs: one that nobody sees is content with a look
// a minute, for its title.
document.addEventListener('visibilitychange', () => {
  if (!isFollowing) return
  if (document.hidden) live?.close()
  else listen()
})

/** Ages grow while nothing happens. */
export function startClock() {
  window.setInterval(() => change({ now: new Date(Date.now() + aheadMs) }), clockEveryMs)
}

/** Reads everything again, once for any number of reasons that come together. */
export function readSoon() {
  readAfter(Math.max(50, readAtMs + shortestPauseMs - Date.now()))
}

/** @param {number} pauseMs */
function readAfter(pauseMs) {
  window.clearTimeout(timer)
  timer = window.setTimeout(() => void read(), pauseMs)
}

async function read() {
  readAtMs = Date.now()
  const own = turn
  try {
    const [status, { runs }, { findings }] = await Promise.all([
      ask('status.get'),
      ask('runs.list', { query: { limit: runsKept } }),
      ask('findings.list'),
    ])
    if (own !== turn) return
    const now = new Date(status.at)
    aheadMs = now.getTime() - Date.now()
    change({ now, seenAt: now, sources: status.sources, runs: newest(runs), findings })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (own !== turn) return
    // the session has ended: who comes in next begins anew
    if (error.status === 401) signedOut()
    else if (error.status === 0) change({ connection: 'lost' })
  }
  if (isFollowing) readAfter(longestPauseMs)
}

/** A server that was away may have come back as another version, whose page this is not. */
async function lookForNewPage() {
  const response = await fetch('./', { method: 'HEAD', cache: 'no-store' }).catch(() => undefined)
  const etag = response?.headers.get('etag') ?? undefined
  if (etag !== undefined && !import.meta.url.includes(etag.replaceAll('"', ''))) change({ isOutdated: true })
}

/** @param {EventView} event */
function take(event) {
  const { runs = [], findings = [], progress } = stateNow()
  switch (event.type) {
    case 'run.changed':
      // a page may stay open for months
      if (event.run.endedAt !== undefined) change({ progress: without(progress, event.run.id) })
      change({ runs: newest([event.run, ...runs.filter(({ id }) => id !== event.run.id)]) })
      readSoon()
      return
    case 'run.progressed':
      change({ progress: new Map([...progress, [event.runId, progressOf(event.progress)]]) })
      return
    case 'finding.changed': {
      const { finding } = event
      const others = findings.filter(({ key }) => key !== finding.key)
      change({ findings: finding.resolvedAt === undefined ? [...others, finding] : others })
      readSoon()
      return
    }
    case 'config.reloaded':
    case 'reset':
      readSoon()
  }
}

/** @template Value @param {ReadonlyMap<string, Value>} all @param {string} key */
function without(all, key) {
  return new Map([...all].filter(([each]) => each !== key))
}

/** Those that run or wait, and the newest that have ended. @param {readonly RunView[]} runs */
function newest(runs) {
  return runs.toSorted((a, b) => (a.queuedAt < b.queuedAt ? 1 : -1)).slice(0, runsKept)
}

/**
 * @param {Extract<EventView, { type: 'run.progressed' }>['progress']} progress
 * @returns {Progress}
 */
function progressOf({ what, done, total, bytesDone, bytesTotal, stage }) {
  const fraction =
    bytesDone !== undefined && bytesTotal !== undefined && bytesTotal > 0
      ? bytesDone / bytesTotal
      : total !== undefined && total > 0
        ? done / total
        : undefined
  const all = total === undefined ? '' : ` of ${total.toLocaleString('en')}`
  const items = `${done.toLocaleString('en')}${all} ${what}`
  const bytes =
    bytesTotal !== undefined
      ? `${sizeText(bytesDone ?? 0)} of ${sizeText(bytesTotal)}`
      : bytesDone !== undefined && bytesDone > 0 && sizeText(bytesDone)
  const text = bytes === false ? items : `${items}, ${bytes}`
  return {
    ...(fraction !== undefined && { fraction: Math.min(1, fraction) }),
    ...(what === 'files' && { filesDone: done }),
    text: stage === undefined ? text : `${stage}: ${text}`,
  }
}
