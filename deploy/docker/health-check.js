// Whether the server in this container answers: exit code 0 or 1. HOLDFAST_HEALTH_URL where it listens elsewhere.
import { get as getPlain } from 'node:http'
import { get as getEncrypted } from 'node:https'

const url = new URL(process.env.HOLDFAST_HEALTH_URL || 'http://127.0.0.1:8090/healthz')
const get = url.protocol === 'https:' ? getEncrypted : getPlain
// It asks its own container over loopback: the certificate is for the name that others use.
const isOwn = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)

const request = get(url, { timeout: 4000, rejectUnauthorized: !isOwn }, (response) => {
  process.exitCode = response.statusCode === 200 ? 0 : 1
  if (process.exitCode !== 0) console.error(`${url} answered ${response.statusCode}`)
  response.resume()
})
request.on('timeout', () => request.destroy(new Error('no answer within 4 s')))
request.on('error', (error) => {
  console.error(`${url}: ${error.message}`)
  process.exitCode = 1
})
