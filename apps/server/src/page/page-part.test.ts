import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pagePart } from './page-part.ts'

let app: FastifyInstance
beforeAll(async () => {
  app = fastify()
  await pagePart(app)
})
afterAll(() => app.close())

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers })

/** "assets/<hash>", as the page refers to its files */
async function folder(): Promise<string> {
  return /src="(assets\/[0-9a-f]+)\/main\.js"/.exec((await get('/')).body)?.[1] ?? 'none'
}

describe('the page', () => {
  test('allows nothing but its own files: no inline script or style, no frame, no other site', async () => {
    const { headers, body } = await get('/')
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain(`default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'`)
    expect(policy).toContain(`frame-ancestors 'none'`)
    expect(policy).toContain(`require-trusted-types-for 'script'`)
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(body).not.toMatch(/<script(?![^>]*\ssrc="assets\/)|<style|\son\w+=|\sstyle=|https?:/)
  })

  test('is asked for each time, and not sent again when it is the same', async () => {
    const { headers } = await get('/')
    expect(headers['cache-control']).toBe('no-cache')
    const again = await get('/', { 'if-none-match': String(headers.etag) })
    expect([again.statusCode, again.body]).toEqual([304, ''])
    expect((await get('/', { 'if-none-match': '"another"' })).statusCode).toBe(200)
  })

  test('has files that are kept for ever, under a name that changes with them', async () => {
    const script = await get(`/${await folder()}/main.js`)
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
    expect((await get(`/${await folder()}/page.css`)).headers['content-type']).toBe('text/css; charset=utf-8')
    const outdated = await get('/assets/00000000000000000000/main.js')
    expect([outdated.statusCode, outdated.headers['cache-control']]).toEqual([404, undefined])
  })

  test('gives out no file that is not its own', async () => {
    const own = await folder()
    const wanted = [
      '../page-part.ts',
      '..%2fpage-part.ts',
      '%2e%2e/page-part.ts',
      'tsconfig.json',
      'route-places.d.ts',
      'no',
    ]
    const codes = await Promise.all(wanted.map(async (name) => (await get(`/${own}/${name}`)).statusCode))
    expect(new Set(codes)).toEqual(new Set([404]))
  })

  test('knows the places of the routes from the contract', async () => {
    const { body } = await get(`/${await folder()}/route-places.js`)
    expect(body).toContain('"sources.list":{"method":"GET","path":"/api/v1/sources"}')
  })

  test('loads whatever its files import', async () => {
    const own = await folder()
    const seen = new Set<string>()
    const visit = async (name: string): Promise<void> => {
      if (seen.has(name)) return
      seen.add(name)
      const { statusCode, body } = await get(`/${own}/${name}`)
      expect([name, statusCode]).toEqual([name, 200])
      for (const [, module = ''] of body.matchAll(/^import .*? from '([^']+)'$/gm)) {
        await visit(new URL(module, `http://page/${name}`).pathname.slice(1))
      }
    }
    await visit('main.js')
    expect(seen).toContain('view/sources.js')
  })
})
