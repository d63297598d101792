/**
 * Makes the pictures of docs/guides/images: the page of a real server with real backups, restores and a broken promise.
 * Run by hand after the page has changed: node tests/browser/write-page-images.ts
 */
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import type { Page, Route } from 'playwright-core'
import { createControlFixture } from '../../apps/cli/src/run/testing/control-fixture.ts'
import { openBrowser } from './open-browser.ts'

const images = join(import.meta.dirname, '../../docs/guides/images')

await using fixture = await createControlFixture()
await using database = await startPostgres({ initdbArguments: ['--wal-segsize=1'] })
await database.sql('CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS text FROM generate_series(1, 20000) AS n')

const uploads = join(fixture.directory, 'srv/shop/uploads')
const wiki = join(fixture.directory, 'srv/wiki')
for (const [folder, count, sizeBytes] of [
  [`${uploads}/2025`, 12, 90_000],
  [`${uploads}/2026`, 40, 410_000],
  [`${uploads}/thumbnails`, 60, 9_000],
  [wiki, 30, 24_000],
] as const) {
  await mkdir(folder, { recursive: true })
  for (let n = 1; n <= count; n++) await writeFile(join(folder, `image-${1000 + n}.jpg`), randomBytes(sizeBytes))
}
for (const [name, sizeBytes] of [
  ['catalogue-autumn.pdf', 4_412_311],
  ['logo.svg', 1_804],
  ['price list 2026.xlsx', 88_120],
] as const) {
  await writeFile(join(uploads, name), randomBytes(sizeBytes))
}

const configure = (limits = ''): Promise<void> =>
  writeFile(
    join(fixture.directory, 'holdfast.yaml'),
    `
repositories:
  local: { location: ./first, password: { file: ./password }${limits} }
  offsite: { location: ./second, password: { file: ./password }, medium: object, offSite: true${limits} }
sources:
  shop-db: { type: postgresql, connection: "${database.url()}", tier: critical, flushEvery: 300ms }
  uploads: { type: files, paths: ["${uploads}"], tier: important }
  wiki: { type: files, paths: ["${wiki}"], tier: important }
  directory: { type: command, command: [seq, "400000"], fileName: directory.ldif, tier: important }
  crm-export:
    type: command
    command: [sh, -c, "echo 'crm.example.com: connection refused' >&2; exit 1"]
    tier: important
    retries: 0
server: { listen: "127.0.0.1:0", reloadEvery: 200ms, discovery: off, restoreTo: ["${fixture.directory}/srv/restored"] }
`,
  )

await configure()
const server = await fixture.serve()
for (const name of ['shop-db', 'uploads', 'wiki', 'directory', 'crm-export']) {
  await server.said(new RegExp(`backup of ${name} ended`), 120_000)
}
for (const name of ['shop-db', 'uploads', 'wiki']) await fixture.run(['run', 'verify', name])
await configure(', limits: { download: 1MiB }')
await server.said(/configuration was read again/)
await fixture.run(['run', 'check', 'offsite', '--parts', '1/1', '--queue'])

await using browser = await openBrowser()
for (const [screen, viewport, deviceScaleFactor] of [
  ['desktop', { width: 1280, height: 1060 }, 1],
  ['phone', { width: 390, height: 844 }, 1.5],
] as const) {
  const page = await browser.open('about:blank', { viewport, deviceScaleFactor })
  await page.route(/\/api\/v1\/(?!events)/, (route) => withoutPrefix(route))
  await page.goto(`${server.address}/`)
  await page.getByText('Live', { exact: true }).waitFor()
  if (screen === 'desktop') await page.locator('progress[value]:not([value="0.0000"])').waitFor()
  await picture(page, `page-${screen}-light`)
  await page.emulateMedia({ colorScheme: 'dark' })
  await picture(page, `page-${screen}-dark`)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.getByRole('button', { name: 'Get back data of uploads' }).click()
  await page.getByRole('textbox', { name: 'Directory' }).fill('uploads-today')
  await page.getByRole('checkbox', { name: 'Restore 2026' }).check()
  await page.getByRole('button', { name: 'Show the plan' }).click()
  await page.getByRole('form', { name: 'Plan of the restore' }).waitFor()
  await page.evaluate(`document.querySelector('#${screen === 'phone' ? 'restore-title' : 'recover'}').scrollIntoView()`)
  await picture(page, `page-restore-${screen}`)
}
await server.end('SIGKILL')

/** The files lie in a temporary directory, which says nothing to whoever looks at the picture. */
async function withoutPrefix(route: Route): Promise<void> {
  const request = route.request()
  const { directory } = fixture
  const url = request.url().replace('path=%2Fsrv', `path=${encodeURIComponent(directory)}%2Fsrv`)
  const postData = request.postData()?.replaceAll('"/srv', `"${directory}/srv`)
  const response = await route.fetch({ url, ...(postData !== undefined && { postData }) })
  await route.fulfill({ response, body: (await response.text()).replaceAll(`${directory}/`, '/') })
}

async function picture(page: Page, name: string): Promise<void> {
  // what moves has come to rest
  await page.waitForTimeout(1_500)
  await mkdir(images, { recursive: true })
  await page.screenshot({ path: join(images, `${name}.png`) })
}
