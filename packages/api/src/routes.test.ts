import { describe, expect, test } from 'vitest'
import type { Route } from './route.ts'
import { routes } from './routes.ts'

const all = Object.entries<Route>(routes)

describe('every route', () => {
  test('is found by its own name, which says its area', () => {
    for (const [name, route] of all) {
      expect(route.name).toBe(name)
      expect(name).toMatch(/^[a-z]+\.[a-z][A-Za-z]*$/)
    }
  })

  test('has a place of its own, below one of the roots', () => {
    const places = all.map(([, { method, path }]) => `${method} ${path.replace(/:[^/]+/g, ':')}`)
    expect(new Set(places).size).toBe(places.length)
    for (const [, { path }] of all) expect(path).toMatch(/^\/(?:api\/v1|instances)\/[a-z.:/-]+$/i)
  })

  test('describes exactly the params of its path', () => {
    for (const [, { path, params }] of all) {
      const named = [...path.matchAll(/:([^/]+)/g)].map(([, name]) => name)
      expect(new Set(Object.keys(params?.shape ?? {}))).toEqual(new Set(named))
    }
  })

  test('is one sentence without an end, and takes no body where none is sent', () => {
    for (const [, { summary, method, body }] of all) {
      expect(summary).toMatch(/^[A-Z].*[^.]$/)
      if (method === 'GET' || method === 'DELETE') expect(body).toBeUndefined()
    }
  })
})
