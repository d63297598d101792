import { fileURLToPath } from 'node:url'
import type { FastifyReply } from 'fastify'
import type { HttpPart } from '../http/open-http.ts'
import { readAssets } from './read-assets.ts'
import { writeRoutePlaces } from './write-route-places.ts'

/**
 * Nothing but the page's own files is loaded, no script or style stands in the markup, no other site can frame it, and
 * no text can become markup (trusted types): a file name that holds HTML stays a name.
 */
const policy = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `connect-src 'self'`,
  `img-src 'self'`,
  `form-action 'none'`,
  `base-uri 'none'`,
  `frame-ancestors 'none'`,
  `require-trusted-types-for 'script'`,
  `trusted-types 'none'`,
].join('; ')

const securityHeaders = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/**
 * The page at `/`, and its files below `/assets/<hash>/`: a new version has a new hash, so that files may be kept by the
 * browser for ever and never meet those of another version.
 */
export const pagePart: HttpPart = async (app) => {
  const directory = fileURLToPath(new URL('assets', import.meta.url))
  const { hash, files } = await readAssets(directory, new Map([['route-places.js', writeRoutePlaces()]]))
  const page = Buffer.from(files.get('page.html')?.body.toString().replaceAll('{assets}', `assets/${hash}`) ?? '')
  const etag = `"${hash}"`

  app.get('/', async (request, reply) => {
    secure(reply).header('cache-control', 'no-cache').header('etag', etag)
    if (request.headers['if-none-match'] === etag) return await reply.code(304).send()
    return await reply.type('text/html; charset=utf-8').send(page)
  })

  app.get<{ Params: { hash: string; '*': string } }>('/assets/:hash/*', async (request, reply) => {
    const asset = request.params.hash === hash ? files.get(request.params['*']) : undefined
    if (asset === undefined || asset.mediaType.startsWith('text/html')) {
      return await secure(reply).code(404).type('text/plain').send('there is no such file; load the page again\n')
    }
    return await secure(reply)
      .header('cache-control', 'public, max-age=31536000, immutable')
      .type(asset.mediaType)
      .send(asset.body)
  })
}

function secure(reply: FastifyReply): FastifyReply {
  return reply.headers(securityHeaders)
}
