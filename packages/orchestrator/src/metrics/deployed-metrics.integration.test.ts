/** The alert rules and the dashboard in deploy/ use metrics that exist, with labels that they have, in valid PromQL. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { noon, runOf, viewOf } from '../finding/testing/view-fixture.ts'
import { createCronClock } from '../planning/cron-clock.ts'
import { createMetrics } from './create-metrics.ts'
import { counters, gauges, histograms } from './metric-definition.ts'

const root = join(import.meta.dirname, '../../../..')
const deploy = join(root, 'deploy')
/** Where tests/prepare-machine.ts puts it. */
const promtoolPath = join(root, 'node_modules/.cache/promtool/promtool')
const rulesFile = join(deploy, 'prometheus/holdfast-rules.yaml')
const directory = mkdtempSync(join(tmpdir(), 'holdfast-rules-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const ruleSchema = z.strictObject({
  alert: z.string().regex(/^Holdfast[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z.string(),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string() }),
})
const rules = z
  .strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(ruleSchema) })) })
  .parse(parse(readFileSync(rulesFile, 'utf8')))
  .groups.flatMap((group) => group.rules)

const targetSchema = z.looseObject({ refId: z.string(), expr: z.string() })
const panelSchema = z.looseObject({
  id: z.number(),
  type: z.string(),
  title: z.string(),
  description: z.string().optional(),
  gridPos: z.strictObject({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
  targets: z.array(targetSchema).optional(),
})
const dashboard = z
  .looseObject({
    title: z.string(),
    uid: z.string(),
    panels: z.array(panelSchema),
    templating: z.looseObject({
      list: z.array(z.looseObject({ name: z.string(), definition: z.string().optional() })),
    }),
  })
  .parse(JSON.parse(readFileSync(join(deploy, 'grafana/holdfast.json'), 'utf8')))
const panels = dashboard.panels.filter(({ type }) => type !== 'row')
const dashboardExpressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Every metric with the labels that it has by itself; of histograms, the series that they consist of. */
const known = new Map<string, readonly string[]>([
  ...[...Object.values(gauges), ...Object.values(counters)].map(
    ({ name, labels }) => [name, labels] as [string, readonly string[]],
  ),
  ...Object.values(histograms).flatMap(({ name, labels }) =>
    ['_bucket', '_sum', '_count'].map((ending): [string, readonly string[]] => [`${name}${ending}`, [...labels, 'le']]),
  ),
])

/** Metrics of Holdfast in an expression, each with the labels that it is chosen by. */
function usedMetrics(expression: string): { readonly name: string; readonly labels: readonly string[] }[] {
  return [...expression.matchAll(/\b(holdfast_[a-z_]+)(?:\{([^}]*)\})?/g)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }))
}

const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? [])

describe('alert rules and dashboard', () => {
  it.each([...rules.map(({ expr }) => expr), ...dashboardExpressions, ...variables])(
    'use metrics and labels that exist: %s',
    (expression) => {
      const used = usedMetrics(expression)
      expect(used.length).toBeGreaterThan(0)
      for (const { name, labels } of used) {
        expect([...known.keys()]).toContain(name)
        expect([...(known.get(name) ?? []), 'instance', 'job']).toEqual(expect.arrayContaining([...labels]))
      }
    },
  )

  it('name each alert once, and say in each what it is about and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const { annotations } of rules) expect(annotations.description).toMatch(/\.$/)
  })

  it('name only commands that exist', () => {
    const reference = readFileSync(join(root, 'docs/reference/cli.md'), 'utf8')
    const commands = new Set([...reference.matchAll(/^- \[`([a-z -]+)`\]/gm)].map(([, name]) => name))
    const said = rules.flatMap(({ annotations }) =>
      [...annotations.description.matchAll(/`holdfast ([a-z-]+)(?: ([a-z-]+))?/g)].map(([, first, second]) => [
        first,
        `${first} ${second}`,
      ]),
    )
    expect(said.length).toBeGreaterThan(5)
    for (const names of said)
      expect(
        names.some((name) => commands.has(name)),
        names.join(' or '),
      ).toBe(true)
  })

  it('show every panel with a title and an explanation, none over another', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    const taken = new Set<string>()
    for (const { gridPos, title } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`), title).toBe(false)
          expect(x).toBeLessThan(24)
          taken.add(`${x} ${y}`)
        }
      }
    }
    for (const { title, description } of panels) {
      expect(title).not.toBe('')
      expect(description).toMatch(/\.$/)
    }
  })
})

describe('promtool', () => {
  beforeAll(() => {
    if (!existsSync(promtoolPath)) throw new Error(`${promtoolPath} is missing: run \`npm run prepare-machine\``)
  })

  const promtool = (...words: string[]) =>
    execFileSync(promtoolPath, words, { cwd: directory, encoding: 'utf8', stdio: 'pipe' })

  it('finds nothing wrong with the rules', () => {
    expect(promtool('check', 'rules', rulesFile)).toContain(`SUCCESS: ${rules.length} rules found`)
  })

  it('sees each rule fire when it should, and not before', () => {
    copyFileSync(rulesFile, join(directory, 'holdfast-rules.yaml'))
    const cases = join(deploy, 'prometheus/holdfast-rules-cases.yaml')
    copyFileSync(cases, join(directory, 'cases.yaml'))
    expect(promtool('test', 'rules', 'cases.yaml')).toContain('SUCCESS')
  })

  it('understands every expression of the dashboard', () => {
    const file = join(directory, 'dashboard.yaml')
    const records = dashboardExpressions.map((expression, at) => ({
      record: `panel:${at}`,
      expr: expression.replaceAll('$__rate_interval', '5m').replaceAll(/\$(?:source|tier|repository)\b/g, '.*'),
    }))
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: records }] }))
    expect(promtool('check', 'rules', file)).toContain(`SUCCESS: ${records.length} rules found`)
  })

  it('finds nothing against the conventions in what is told', async () => {
    const metrics = createMetrics({ version: '1.2.3', withProcess: false })
    metrics.observeRun(runOf())
    metrics.observeTick(noon)
    const text = await metrics.render(viewOf().facts, createCronClock())
    expect(execFileSync(promtoolPath, ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('')
  })
})
