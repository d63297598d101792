/**
 * `node bench/control-plane.ts [--sources 1000] [--runs 100000] [--rounds 7]`: what people wait for with so much in the
 * catalogue: `holdfast status` and `holdfast report` as processes of their own, start included, on SQLite and on
 * PostgreSQL. Bar: status ≤ 300 ms. What a tick costs is measured by bench/catalogue.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { quietContext } from '@holdfast/core/context'
import { type CataloguePlace, openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { fillCatalogue } from '@holdfast/orchestrator/catalogue/testing/fill-catalogue'
import { openTestPlaces } from '@holdfast/orchestrator/catalogue/testing/test-places'
import { measureProcess } from './measure-process.ts'

const launcher = fileURLToPath(new URL('../apps/cli/bin/holdfast.js', import.meta.url))
const repositories = ['local', 'offsite']

const { values } = parseArgs({
  options: {
    sources: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '7' },
  },
})
const sources = Array.from({ length: Number(values.sources) }, (_, index) => `source-${String(index).padStart(4, '0')}`)
const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-control-plane-'))

function writeConfig(name: string, place: CataloguePlace): string {
  const catalogue =
    place.type === 'sqlite'
      ? { type: 'sqlite', path: place.path }
      : { type: 'postgresql', connection: { env: 'HOLDFAST_BENCH_CATALOGUE' } }
  const location = (repository: string) => ({
    location: join(directory, repository),
    password: { env: 'HOLDFAST_PASSWORD' },
  })
  const path = join(directory, `${name}.yaml`)
  const config = {
    catalogue,
    repositories: Object.fromEntries(repositories.map((repository) => [repository, location(repository)])),
    sources: Object.fromEntries(sources.map((source) => [source, { type: 'files', paths: ['/srv/data'] }])),
  }
  // JSON is YAML too
  writeFileSync(path, JSON.stringify(config, undefined, 2))
  return path
}

async function bench(name: string, place: CataloguePlace): Promise<void> {
  {
    await using catalogue = await openCatalogue(place, quietContext())
    await fillCatalogue(catalogue, {
      ...{ sources, repositories, runs: Number(values.runs) },
      ...{ snapshotsPerSource: 30, proofsPerSource: 30, samplesPerSource: 50, now: new Date() },
    })
  }
  const config = writeConfig(name, place)
  const environment = {
    HOME: directory,
    ...(place.type === 'postgresql' && { HOLDFAST_BENCH_CATALOGUE: place.connection }),
  }
  process.stdout.write(`\n${name}; ms: least, median, most of ${values.rounds}; MiB\n`)
  for (const words of [['version'], ['config', 'show'], ['status'], ['status', '--json'], ['report']]) {
    const times: number[] = []
    let mib = 0
    for (let round = 0; round <= Number(values.rounds); round++) {
      const command = [process.execPath, launcher, ...words, '--config', config]
      const measured = await measureProcess(command, environment)
      // The first one fills the cache of compiled code.
      if (round > 0) times.push(measured.seconds * 1000)
      mib = Math.max(mib, measured.peakBytes / 2 ** 20)
    }
    times.sort((a, b) => a - b)
    const figures = [times[0], times[Math.floor(times.length / 2)], times.at(-1), mib]
    process.stdout.write(
      `  ${words.join(' ').padEnd(20)}${figures.map((figure = 0) => figure.toFixed(0).padStart(8)).join('')}\n`,
    )
  }
}

try {
  await using places = await openTestPlaces({ withServer: true })
  process.stdout.write(`${sources.length} sources, ${values.runs} runs\n`)
  await bench('SQLite', places.sqlite())
  await bench('PostgreSQL', await places.postgres())
} finally {
  rmSync(directory, { recursive: true, force: true })
}
