import { expect, test } from 'vitest'
import { describeApi } from './openapi.ts'
import { routes } from './routes.ts'

const text = JSON.stringify(describeApi('1.2.3'))

test('every route is an operation of the document, and every reference leads somewhere', () => {
  for (const name of Object.keys(routes)) expect(text).toContain(`"operationId":"${name}"`)
  const places = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)]
  expect(places.length).toBeGreaterThan(50)
  const document = JSON.parse(text)
  for (const [, kind = '', name = ''] of places) expect(document.components[kind]).toHaveProperty(name)
  expect(text).not.toContain('$defs')
})

test('what anybody may ask needs no sign-in there, and everything else does', () => {
  const document = JSON.parse(text)
  expect(document.paths['/api/v1/openapi.json'].get.security).toEqual([])
  expect(document.paths['/api/v1/runs'].post.security).toBeUndefined()
  expect(document.paths['/api/v1/runs'].post['x-holdfast-role']).toBe('operator')
})

test('replies may grow: only what is sent is closed against what it does not name', () => {
  const { post } = JSON.parse(text).paths['/api/v1/findings/{key}/acknowledge']
  expect(post.requestBody.content['application/json'].schema.additionalProperties).toBe(false)
  expect(JSON.stringify(JSON.parse(text).components.schemas.Run)).not.toContain('"additionalProperties":false')
})
