/** What deploy/ promises of containers and services, read from the files themselves. */
import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { renderTemplate } from './render-template.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, 'deploy', path), 'utf8')
const directory = mkdtempSync(join(tmpdir(), 'holdfast-deploy-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('the Dockerfile', () => {
  const stages = read('docker/Dockerfile')
    .replaceAll(/\\\n/g, ' ')
    .split(/^FROM /m)
  const last = stages.at(-1) ?? ''

  test('builds in one stage and runs in another, as a user without rights', () => {
    expect(stages).toHaveLength(3)
    expect(last).toContain('COPY --from=build /opt/holdfast /opt/holdfast\n')
    expect(last).not.toContain('--chown')
    expect(/^USER (\d+):(\d+)$/m.exec(last)?.slice(1)).toEqual(['10001', '10001'])
  })

  test('says how it is healthy, how it stops, and what it writes', () => {
    expect(last).toMatch(/^HEALTHCHECK .*health-check\.js/m)
    expect(last).toMatch(/^STOPSIGNAL SIGTERM$/m)
    expect(last).toContain('VOLUME ["/var/lib/holdfast", "/var/cache/holdfast"]')
  })

  test('copies the package file of every workspace, so that npm ci installs what all of them need', () => {
    const workspaces = ['apps', 'packages'].flatMap((kind) =>
      readdirSync(join(root, kind), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${kind}/${entry.name}`),
    )
    for (const workspace of workspaces) expect(stages[1]).toContain(`COPY ${workspace}/package.json ${workspace}/\n`)
  })
})

describe('the health check', () => {
  const check = async (url: string): Promise<string> => {
    const program = join(root, 'deploy/docker/health-check.js')
    const env = { ...process.env, HOLDFAST_HEALTH_URL: url }
    return await promisify(execFile)(process.execPath, [program], { env }).then(
      () => 'healthy',
      (error: unknown) => z.object({ code: z.literal(1), stderr: z.string() }).parse(error).stderr,
    )
  }

  test('tells a server that answers from one that does not', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/healthz' ? 200 : 503).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = z.object({ port: z.number() }).parse(server.address())
    const url = `http://127.0.0.1:${address.port}`
    expect(await check(`${url}/healthz`)).toBe('healthy')
    expect(await check(`${url}/readyz`)).toContain('answered 503')
    server.close()
    expect(await check(`${url}/healthz`)).toContain('ECONNREFUSED')
  })
})

describe('the sample for Compose', () => {
  const serviceSchema = z.looseObject({
    read_only: z.literal(true),
    cap_drop: z.tuple([z.literal('ALL')]),
    security_opt: z.tuple([z.literal('no-new-privileges:true')]),
    init: z.literal(true),
    volumes: z.array(z.string()),
    secrets: z.array(z.string()),
  })
  const { holdfast } = z
    .strictObject({ services: z.strictObject({ holdfast: serviceSchema }) })
    .parse(parse(read('compose/holdfast-service.yaml'))).services
  const compose = z
    .looseObject({
      services: z.record(z.string(), z.looseObject({ ports: z.array(z.string()).optional() })),
      volumes: z.record(z.string(), z.unknown()),
      secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
    })
    .parse(parse(read('compose/compose.yaml')))

  test('publishes nothing beyond this machine', () => {
    const published = Object.values(compose.services).flatMap(({ ports }) => ports ?? [])
    expect(published).toEqual(['127.0.0.1:8090:8090'])
  })

  test('names only volumes and secrets that it declares', () => {
    const named = holdfast.volumes.map((volume) => volume.split(':')[0] ?? '').filter((name) => !name.startsWith('.'))
    expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(named))
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining([...holdfast.secrets]))
  })

  test('has a configuration that holds, with the secrets that prepare.sh makes, and none that are committed', async () => {
    const place = join(directory, 'compose')
    cpSync(join(root, 'deploy/compose'), place, { recursive: true })
    execFileSync(join(place, 'prepare.sh'))
    const before = readFileSync(join(place, 'secrets/repository-password'), 'utf8')
    expect(before).toMatch(/^[0-9a-f]{48}$/)
    execFileSync(join(place, 'prepare.sh'))
    expect(readFileSync(join(place, 'secrets/repository-password'), 'utf8')).toBe(before)
    expect(statSync(join(place, 'secrets')).mode & 0o077).toBe(0)
    for (const { file } of Object.values(compose.secrets)) expect(existsSync(join(place, file))).toBe(true)
    const tracked = execFileSync('git', ['ls-files', 'deploy/compose'], { cwd: root, encoding: 'utf8' })
    expect(tracked).not.toMatch(/secrets|uploads/)
    const config = readFileSync(join(place, 'holdfast.yaml'), 'utf8')
    writeFileSync(join(place, 'holdfast.yaml'), config.replaceAll('/run/secrets/', `${place}/secrets/`))
    const program = join(root, 'apps/cli/bin/holdfast.js')
    const words = [program, 'config', 'check', '--config', join(place, 'holdfast.yaml')]
    expect(await promisify(execFile)(process.execPath, words)).toBeTruthy()
  })
})

describe('the units for systemd', () => {
  const hardening = [
    'User=holdfast',
    'NoNewPrivileges=true',
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    'PrivateTmp=true',
    'PrivateDevices=true',
    'ProtectKernelModules=true',
    'RestrictNamespaces=true',
    'RestrictSUIDSGID=true',
    'SystemCallFilter=@system-service',
    'CapabilityBoundingSet=CAP_DAC_READ_SEARCH',
    'UMask=0077',
  ]

  test.each(['holdfast.service', 'holdfast-agent.service'])(
    '%s takes every right away that it does not need',
    (name) => {
      const lines = read(`systemd/${name}`).split('\n')
      expect(lines).toEqual(expect.arrayContaining(hardening))
      expect(lines.filter((line) => /^Environment=.*(?:PASSWORD|SECRET|TOKEN)(?!_FILE)/.test(line))).toEqual([])
      // longer than `holdfast serve` takes to end runs and give back locks
      expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(lines.join('\n'))?.[1])).toBeGreaterThan(60)
    },
  )

  test.each(['holdfast.service', 'holdfast-agent.service'])('%s starts a command that exists', async (name) => {
    const [, command = ''] =
      /^ExecStart=\/opt\/holdfast\/apps\/cli\/bin\/holdfast\.js (.*)$/m.exec(read(`systemd/${name}`)) ?? []
    const words = command.split(' ').filter((word) => !/^--|^\/|^https:/.test(word))
    const program = join(root, 'apps/cli/bin/holdfast.js')
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'help', ...words])
    for (const option of command.match(/--[a-z]+/g) ?? []) expect(stdout).toContain(option)
  })
})

describe('the chart for Helm', () => {
  const chart = z
    .looseObject({ name: z.string(), appVersion: z.string() })
    .parse(parse(read('helm/holdfast/Chart.yaml')))
  const written = z.record(z.string(), z.unknown()).parse(parse(read('helm/holdfast/values.yaml')))
  const rendered = (values: Readonly<Record<string, unknown>>) =>
    readdirSync(join(root, 'deploy/helm/holdfast/templates')).flatMap((name) => {
      const text = renderTemplate(read(`helm/holdfast/templates/${name}`), {
        Values: values,
        Release: { Name: 'night' },
        Chart: { AppVersion: chart.appVersion },
      })
      const documents = parseAllDocuments(text)
      for (const { errors } of documents) expect(errors).toEqual([])
      return documents.map((document) => z.looseObject({ kind: z.string() }).parse(document.toJS()))
    })
  const kinds = (values: Readonly<Record<string, unknown>>) =>
    rendered(values)
      .map(({ kind }) => kind)
      .toSorted()

  test('makes what it says, and what is switched on', () => {
    expect(kinds(written)).toEqual(['ConfigMap', 'NetworkPolicy', 'Service', 'StatefulSet'])
    const more = { ...written, serviceMonitor: { enabled: true, interval: '1m' }, networkPolicy: { enabled: false } }
    expect(kinds(more)).toEqual(['ConfigMap', 'Service', 'ServiceMonitor', 'StatefulSet'])
  })

  test('runs without root, on a root file system that is read only, with probes', () => {
    const set = rendered(written).find(({ kind }) => kind === 'StatefulSet')
    expect(set).toMatchObject({
      spec: {
        template: {
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                image: `holdfast:${chart.appVersion}`,
                securityContext: {
                  readOnlyRootFilesystem: true,
                  allowPrivilegeEscalation: false,
                  capabilities: { drop: ['ALL'] },
                },
                livenessProbe: { httpGet: { path: '/healthz' } },
                readinessProbe: { httpGet: { path: '/readyz' } },
              },
            ],
          },
        },
      },
    })
  })

  test('hands the configuration over as it is written', () => {
    const config = { sources: { web: { type: 'files', paths: ['/srv/web'] } }, repositories: {}, server: {} }
    const map = rendered({ ...written, config }).find(({ kind }) => kind === 'ConfigMap')
    const { data } = z.looseObject({ data: z.record(z.string(), z.string()) }).parse(map)
    expect(parse(data['holdfast.yaml'] ?? '')).toEqual(config)
  })
})
