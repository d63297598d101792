import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core'

/** Chromium, and everything that its pages did which no page of ours may do. */
export interface TestBrowser extends AsyncDisposable {
  /** A page of its own: no cookies, nothing cached. */
  open(address: string, options?: BrowserContextOptions): Promise<Page>
  /** errors of scripts, what the console was told as an error, dialogs, requests to other hosts */
  readonly misdeeds: readonly string[]
}

/** What a browser itself writes when the server refuses something, which tests bring about. */
const expected = /^Failed to load resource: (?:the server responded with a status of 4\d\d|net::ERR_)/

function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = folders.map((folder) => join(folder, 'chromium')).find((path) => existsSync(path))
  if (found === undefined) throw new Error('there is no chromium on the PATH; npm run prepare-machine installs it')
  return found
}

export async function openBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    // it refuses to be root inside of its sandbox, which containers often have no room for either
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  })
  const misdeeds: string[] = []
  const watch = (page: Page, host: string): void => {
    page.on('pageerror', ({ message }) => misdeeds.push(`error: ${message}`))
    page.on('console', (message) => {
      const isBad = message.type() === 'error' || message.type() === 'warning'
      if (isBad && !expected.test(message.text())) misdeeds.push(`console: ${message.text()}`)
    })
    page.on('dialog', (dialog) => {
      misdeeds.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', (request) => {
      if (new URL(request.url()).host !== host) misdeeds.push(`request: ${request.url()}`)
    })
  }
  return {
    misdeeds,
    async open(address, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
      context.setDefaultTimeout(120_000)
      const page = await context.newPage()
      watch(page, new URL(address).host)
      await page.goto(address)
      return page
    },
    [Symbol.asyncDispose]: () => browser.close(),
  }
}
