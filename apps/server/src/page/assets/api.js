import { routePlaces } from './route-places.js'

/**
 * @import { Routes } from '@holdfast/api/routes'
 * @import { RouteReply, RouteRequest } from '@holdfast/api/route'
 * @import { ErrorBody } from '@holdfast/api/error-body'
 * @typedef {{ params?: object, query?: object, body?: unknown }} LooseRequest
 */

/** What the server answered instead, in its words: what happened, and what one can do. */
export class Refusal extends Error {
  /**
   * @param {number} status of HTTP; 0 when there was no answer
   * @param {ErrorBody['error']} error
   */
  constructor(status, error) {
    super(error.message)
    this.status = status
    this.code = error.code
    this.hint = error.hint
  }
}

/**
 * Asks the server. Fails with a Refusal.
 *
 * @template {keyof Routes} Name
 * @param {Name} name
 * @param {Partial<RouteRequest<Routes[Name]>>} [request]
 * @returns {Promise<RouteReply<Routes[Name]>>}
 */
export async function ask(name, request = {}) {
  const { body } = /** @type {LooseRequest} */ (request)
  const { method, isRepeatable } = routePlaces[name]
  const place = placeOf(name, request)
  const sent = body === undefined ? undefined : JSON.stringify(body)
  const wanted = `${place} ${sent}`
  const { response, text } = await answered(place, {
    method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(sent !== undefined && { 'content-type': 'application/json' }),
      ...(isRepeatable === true && { 'idempotency-key': keyOf(wanted) }),
    },
    ...(sent !== undefined && { body: sent }),
  })
  // a proxy may say so for a server that has done it
  if (response.status < 500) unanswered.delete(wanted)
  if (!response.ok) throw new Refusal(response.status, errorIn(text, response.status))
  return JSON.parse(text === '' ? 'null' : text)
}

/** Who pushes the button again because no answer came does not want it twice; later on one may. */
const againMs = 60_000
/** @type {Map<string, { key: string, atMs: number }>} */
const unanswered = new Map()

/** Under which key something is asked for: the same one, when it was asked for just now and no answer came. @param {string} wanted */
function keyOf(wanted) {
  const atMs = Date.now()
  const before = unanswered.get(wanted)
  if (before !== undefined && atMs - before.atMs < againMs) return before.key
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  unanswered.set(wanted, { key, atMs })
  return key
}

/**
 * Where a route is, for links and event streams.
 *
 * @template {keyof Routes} Name
 * @param {Name} name
 * @param {Partial<RouteRequest<Routes[Name]>>} [request]
 * @returns {string}
 */
export function placeOf(name, request = {}) {
  const { params = {}, query = {} } = /** @type {LooseRequest} */ (request)
  const given = new Map(Object.entries(params))
  const path = routePlaces[name].path.replaceAll(/:(\w+)/g, (_, key) => encodeURIComponent(String(given.get(key))))
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value))
  // relative: behind a proxy the page may lie below a path of its own
  return `${path.slice(1)}${search.size === 0 ? '' : `?${search.toString()}`}`
}

/** @param {string} place @param {RequestInit} request */
async function answered(place, request) {
  try {
    const response = await fetch(place, request)
    return { response, text: await response.text() }
  } catch {
    const hint = 'Look whether it runs and whether you are connected; then try again.'
    throw new Refusal(0, { code: 'NO_ANSWER', message: 'the server does not answer', hint })
  }
}

/** @param {string} text @param {number} status @returns {ErrorBody['error']} */
function errorIn(text, status) {
  try {
    const { error } = JSON.parse(text)
    if (typeof error.message === 'string') return error
  } catch {
    // a proxy answered, not the server
  }
  return {
    code: 'NO_ANSWER',
    message: `something before the server answered with status ${status}`,
    hint: 'Try again.',
  }
}
