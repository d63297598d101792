import { expect, it } from 'vitest'
import { commandAt } from './program-place.ts'

const call = { program: 'pg_dump', arguments: ['--snapshot=1'], variables: { PGPASSWORD: 'secret', PGHOST: 'db' } }

it('never shows a variable in the arguments', () => {
  for (const place of [{ type: 'docker', container: 'db' } as const, { type: 'kubernetes', pod: 'db-0' } as const]) {
    const { arguments: given, file } = commandAt(place, call, { PATH: '/bin' })
    expect([file, ...given].join(' ')).not.toContain('secret')
    expect(given.slice(-2)).toEqual(['pg_dump', '--snapshot=1'])
  }
})

it('hands variables to docker by name, and to a pod by its standard input', () => {
  const docker = commandAt({ type: 'docker', container: 'db' }, call, { PATH: '/bin' })
  expect(docker.arguments).toContain('PGPASSWORD')
  expect(docker.variables).toEqual({ PATH: '/bin', PGPASSWORD: 'secret', PGHOST: 'db' })
  const pod = commandAt({ type: 'kubernetes', pod: 'db-0', namespace: 'shop' }, call, { PATH: '/bin' })
  expect(pod.preamble).toBe('PGPASSWORD=secret\nPGHOST=db\n\n')
  expect(pod.arguments.slice(0, 5)).toEqual(['exec', '--stdin', '--namespace', 'shop', 'db-0'])
})

it('takes no name for a container that would be read as an option', () => {
  expect(() => commandAt({ type: 'docker', container: '--privileged' }, call, {})).toThrow('container')
})
