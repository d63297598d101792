/** The page at `/` in a real browser, against a real server with real backups. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { expectNoOverflow, expectReadable } from './page-quality.ts'
import { openBrowser, type TestBrowser } from './open-browser.ts'
import { evil, openPageSite, type PageSite } from './page-site.ts'

const stack = new AsyncDisposableStack()
let site: PageSite
let browser: TestBrowser

beforeAll(async () => {
  site = stack.use(await openPageSite())
  browser = stack.use(await openBrowser())
  for (const ended of [
    /backup of papers ended: succeeded/,
    /backup of slow ended: succeeded/,
    /backup of broken ended/,
  ]) {
    await site.server().said(ended)
  }
})
afterAll(() => stack.disposeAsync())
afterEach(() => {
  expect(browser.misdeeds).toEqual([])
})

const card = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true })
const run = (page: Page, title: string): Locator =>
  card(page, 'Runs').getByRole('listitem').filter({ hasText: title }).first()

/** Waits for it: the page shows what the server tells a moment later. */
async function expectShown(locator: Locator): Promise<void> {
  await expect(locator.waitFor()).resolves.toBeUndefined()
}

async function expectGone(locator: Locator): Promise<void> {
  await expect(locator.waitFor({ state: 'detached' })).resolves.toBeUndefined()
}

async function openFiles(page: Page, source: string): Promise<Locator> {
  await page.getByRole('button', { name: `Get back data of ${source}` }).click()
  const recover = card(page, 'Get data back')
  await recover.getByRole('navigation', { name: 'Way to the directory' }).getByText('papers').waitFor()
  return recover
}

async function download(page: Page, link: Locator): Promise<{ name: string; content: string }> {
  const [file] = await Promise.all([page.waitForEvent('download'), link.click()])
  return { name: file.suggestedFilename(), content: await readFile(await file.path(), 'utf8') }
}

/** Answers of the server to such requests come only when they are released. */
async function hold(page: Page, pattern: string) {
  const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await page.route(pattern, async (route) => {
    const response = await route.fetch()
    asked.resolve()
    await released.promise
    await route.fulfill({ response })
  })
  return { asked: asked.promise, release: released.resolve, [Symbol.dispose]: () => void page.unroute(pattern) }
}

describe('the page', () => {
  let page: Page
  beforeAll(async () => {
    page = await browser.open(site.address)
  })
  afterAll(() => page.context().close())

  test('says how many sources keep their promises, and how each of them stands', async () => {
    await expectShown(page.getByRole('heading', { level: 1, name: /of 3 sources keep/ }))
    const rows = card(page, 'Sources').getByRole('row')
    expect(await rows.filter({ hasText: 'papers' }).innerText()).toMatch(/files · quiet[\s\S]*Not proven[\s\S]*2 of 2/)
    expect(await rows.filter({ hasText: 'broken' }).innerText()).toMatch(/Broken[\s\S]*nothing[\s\S]*0 of 1/)
    await expectShown(page.getByText('Live', { exact: true }))
    expect(await page.title()).toBe('1 broken · Holdfast')
    await page.getByRole('button', { name: 'papers', exact: true }).click()
    await expectShown(page.getByText(/copies: the source itself, first, second/))
  })

  test('shows a run that was begun elsewhere as it goes on and ends, without being loaded again', async () => {
    await site.hold(true)
    await site.fixture.ask(['run', 'backup', 'slow', '--queue'])
    const running = run(page, 'Backup of slow').filter({ hasText: 'Running' })
    await expectShown(running.getByRole('progressbar', { name: 'Progress of Backup of slow' }))
    await expectShown(running.getByText(/\d [KM]iB/))
    await expectShown(card(page, 'Sources').getByText('backup is running'))
    await site.hold(false)
    await expectShown(run(page, 'Backup of slow').filter({ hasText: '✓ Done' }))
    await expectGone(card(page, 'Sources').getByText('backup is running'))
  })

  test('starts a backup and cancels it', async () => {
    await site.hold(true)
    await page.getByRole('button', { name: 'Back up slow now' }).click()
    await expectShown(run(page, 'Backup of slow').filter({ hasText: 'Running' }))
    await page.getByRole('button', { name: 'Cancel Backup of slow' }).click()
    await run(page, 'Backup of slow')
      .filter({ hasText: /Stopping|Cancelled/ })
      .waitFor()
    await expectShown(run(page, 'Backup of slow').filter({ hasText: 'Cancelled' }))
    await site.hold(false)
  })

  test('starts nothing twice when no answer came and the button is pushed again', async () => {
    await site.hold(true)
    let isLost = false
    await page.route('**/api/v1/runs', async (route) => {
      if (route.request().method() !== 'POST' || isLost) return await route.continue()
      isLost = true
      await route.fetch()
      await route.abort()
    })
    const begun = async (): Promise<number> => {
      const answer = await fetch(`${site.address}api/v1/runs?source=slow`)
      const { runs } = (await answer.json()) as { runs: { state: string }[] }
      return runs.filter(({ state }) => ['queued', 'running'].includes(state)).length
    }
    const button = page.getByRole('button', { name: 'Back up slow now' })
    await button.click()
    await expectShown(page.getByText('The server does not answer.'))
    await page.getByRole('button', { name: 'Close this message' }).click()
    const again = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.evaluate(`document.querySelector('[data-act=back-up][data-source=slow]').disabled = false`)
    await button.click()
    expect((await again).status()).toBe(202)
    expect(await begun()).toBe(1)
    await page.unroute('**/api/v1/runs')
    await site.hold(false)
    await expectGone(card(page, 'Sources').getByText('backup is running'))
  })

  test('shows what is wrong, and who sees to it', async () => {
    const finding = card(page, 'Findings').getByRole('listitem').filter({ hasText: 'There is no backup of broken' })
    await expectShown(finding.getByText('Critical'))
    await finding.getByText('Acknowledge', { exact: false }).first().click()
    await finding.getByLabel('What is being done').fill(`the disk is replaced ${evil(4)}`)
    await finding.getByRole('button', { name: 'I see to it' }).click()
    await expectShown(finding.getByText(`the disk is replaced ${evil(4)}`))
    const [listed] = (await site.fixture.ask(['findings'])) as { acknowledged?: { note: string } }[][]
    expect(listed?.map(({ acknowledged }) => acknowledged?.note)).toContain(`the disk is replaced ${evil(4)}`)
  })

  test('leads to any file of a backup, and gives back its very bytes', async () => {
    const recover = await openFiles(page, 'papers')
    const fetched = await download(page, recover.getByRole('link', { name: 'Download back\\\\slash' }))
    expect(fetched.content).toBe(site.files.get('back\\slash'))
    await recover.getByRole('button', { name: /^letters/ }).click()
    await recover.getByRole('button', { name: /^2026/ }).click()
    const name = 'über 日本.txt'
    const letter = await download(page, recover.getByRole('link', { name: `Download ${name}` }))
    expect(letter).toEqual({ name, content: site.files.get(`letters/2026/${name}`) })
    await recover.getByRole('navigation').getByRole('button', { name: 'papers' }).click()
    await expectShown(recover.getByRole('link', { name: 'Download read me.txt' }))
  })

  test('plans a restore, does it when it is told to, and shows how it goes', async () => {
    const recover = card(page, 'Get data back')
    await recover.getByRole('checkbox', { name: 'Restore read me.txt' }).check()
    await expectShown(recover.getByText(/1 file or directory: .*read me\.txt/))
    await recover.getByRole('textbox', { name: 'Directory' }).fill('one')
    await recover.getByRole('button', { name: 'Show the plan' }).click()
    const plan = recover.getByRole('form', { name: 'Plan of the restore' })
    expect(await plan.innerText()).toContain(join(site.restoreTo, 'one'))
    await plan.getByRole('button', { name: 'Restore now' }).click()
    await expectShown(
      recover.getByRole('listitem').filter({ hasText: 'Restore of papers' }).filter({ hasText: '✓ Done' }),
    )
    const restored = join(site.restoreTo, 'one', site.fixture.source, 'papers/read me.txt')
    expect(await readFile(restored, 'utf8')).toBe(site.files.get('read me.txt'))
  })

  test('drops the plan of what is not chosen any more', async () => {
    const recover = card(page, 'Get data back')
    using late = await hold(page, '**/restores/plan')
    await recover.getByRole('textbox', { name: 'Directory' }).fill('two')
    await recover.getByRole('button', { name: 'Show the plan' }).click()
    await late.asked
    await recover.getByRole('checkbox', { name: 'Restore read me.txt' }).uncheck()
    late.release()
    await expectShown(recover.getByRole('button', { name: 'Show the plan' }))
    expect(await recover.getByRole('form', { name: 'Plan of the restore' }).count()).toBe(0)
  })

  test('says in the words of the server why something is not done', async () => {
    const recover = card(page, 'Get data back')
    await recover.getByRole('textbox', { name: 'Directory' }).fill('/etc/holdfast')
    await recover.getByRole('button', { name: 'Show the plan' }).click()
    expect(await recover.getByRole('alert').innerText()).toMatch(/\/etc\/holdfast/)
  })

  test('shows names and messages that would like to be markup as they are', async () => {
    await card(page, 'Get data back')
      .getByText(`${evil(1)}.txt`)
      .first()
      .waitFor()
    await expectShown(card(page, 'Runs').getByText(evil(3)).first())
    const elements = await page.evaluate<string[]>(
      `[...document.querySelectorAll('img, script, iframe')].map((each) => each.getAttribute('src'))`,
    )
    expect(elements.filter((source) => !/^assets\/[0-9a-f]+\/(?:icon\.svg|main\.js)$/.test(source))).toEqual([])
  })

  test('can be read in both colour schemes, and every control has a name', async () => {
    await expectReadable(page)
    await page.emulateMedia({ colorScheme: 'dark' })
    await expectReadable(page)
  })

  test('fits a phone without being moved sideways', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await expectNoOverflow(page)
  })
})

test('of a database it says from when to when an instant can be chosen', async () => {
  const page = await browser.open(site.address)
  // the page goes by the type alone
  await page.route('**/api/v1/status', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: (await response.text()).replace('"files"', '"postgresql"') })
  })
  await page.reload()
  const recover = await openFiles(page, 'papers')
  await recover.getByLabel('Moment').selectOption('instant')
  await expectShown(recover.getByText(/^just \d+ \w+ \d{4}/))
  await page.context().close()
})

describe('with the keyboard alone', () => {
  test('one comes from the top of the page to a file', async () => {
    const page = await browser.open(site.address)
    await expectShown(card(page, 'Sources').getByRole('button', { name: 'papers', exact: true }))
    const focused = (): Promise<string> =>
      page.evaluate(`(document.activeElement?.innerText || document.activeElement?.id || '').trim()`)
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    const reach = async (text: string): Promise<void> => {
      for (let step = 0; step < 40; step++) {
        await page.keyboard.press('Tab')
        if ((await focused()).startsWith(text)) return
      }
      throw new Error(`"${text}" is not reached by the keyboard`)
    }
    await reach('Get back')
    await page.keyboard.press('Enter')
    const recover = card(page, 'Get data back')
    await expectShown(recover.getByRole('link', { name: 'Download read me.txt' }))
    await reach('letters')
    await page.keyboard.press('Enter')
    await expectShown(recover.getByRole('button', { name: /^2026/ }))
    await reach('2026')
    await page.keyboard.press('Enter')
    await expectShown(recover.getByRole('link', { name: 'Download über' }))
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      reach('Download').then(() => page.keyboard.press('Enter')),
    ])
    expect(file.suggestedFilename()).toBe('über 日本.txt')
    await page.context().close()
  })
})

describe('when the server goes away', () => {
  test('the page says so, goes on by itself when it is back, and offers to load the page of another version', async () => {
    const page = await browser.open(site.address)
    await expectShown(page.getByText('Live', { exact: true }))
    await page.route(site.address, (route) =>
      route.request().method() === 'HEAD' ? route.fulfill({ headers: { etag: '"another"' } }) : route.continue(),
    )
    await site.server().end('SIGTERM')
    await expectShown(page.getByText(/The connection to the server is lost/))
    await site.serve()
    await expectShown(page.getByText('Live', { exact: true }))
    await expectGone(page.getByText(/The connection to the server is lost/))
    await page.getByRole('button', { name: 'Load it' }).click()
    await expectGone(page.getByRole('button', { name: 'Load it' }))
    await expectShown(page.getByText('Live', { exact: true }))
    await page.context().close()
  })
})

describe('where everybody has to sign in', () => {
  const password = 'long enough for a test'
  let page: Page

  const signIn = async (name: string, secret: string): Promise<void> => {
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Password').fill(secret)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }

  beforeAll(async () => {
    for (const role of ['viewer', 'operator']) {
      const body = JSON.stringify({ name: role, role, password })
      const headers = { 'content-type': 'application/json' }
      const { status } = await fetch(`${site.address}api/v1/users`, { method: 'POST', headers, body })
      expect(status).toBe(201)
    }
    await site.server().end('SIGTERM')
    const provider = 'issuer: https://id.example.com, clientId: holdfast, clientSecret: { env: HOME }'
    await site.serve(`, auth: required, oidc: { ${provider} }`)
    page = await browser.open(site.address)
  })
  afterAll(() => page.context().close())

  test('the page asks for a name first, and says when it is not the right one', async () => {
    await expectShown(page.getByRole('heading', { name: 'Sign in to Holdfast' }))
    await expect.poll(() => page.evaluate<string>('document.activeElement.id')).toBe('sign-in-name')
    expect(await page.locator('body').innerText()).not.toContain('papers')
    await expectReadable(page)
    const provider = page.getByRole('link', { name: 'Sign in with your organisation' })
    expect(await provider.getAttribute('href')).toBe('access/oidc/start')
    await signIn('viewer', 'not the password')
    await expectShown(page.getByRole('alert'))
    expect(await page.getByLabel('Name').inputValue()).toBe('viewer')
  })

  test('a viewer sees how things stand, and no button that is for others', async () => {
    await signIn('viewer', password)
    await expectShown(page.getByRole('heading', { level: 1, name: /of 3 sources keep/ }))
    await expectShown(page.getByText('viewer (viewer)'))
    const recover = await openFiles(page, 'papers')
    await expectShown(recover.getByText('read me.txt').first())
    for (const name of [/^Back up/, /^Cancel/, 'I see to it', 'Show the plan']) {
      expect([name, await page.getByRole('button', { name }).count()]).toEqual([name, 0])
    }
    expect(await page.getByRole('link', { name: /^Download/ }).count()).toBe(0)
  })

  test('nothing is left on the page of whoever has signed out, not even what was on its way', async () => {
    expect(await page.title()).toBe('1 broken · Holdfast')
    using late = await hold(page, '**/api/v1/status')
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`)
    await late.asked
    await page.getByRole('button', { name: 'Sign out' }).click()
    await expectShown(page.getByRole('heading', { name: 'Sign in to Holdfast' }))
    const answered = page.waitForResponse('**/api/v1/status')
    late.release()
    await (await answered).finished()
    await page.waitForTimeout(100)
    expect(await page.title()).toBe('Holdfast')
    expect(await page.content()).not.toContain('papers')
    const reply = await page.request.get(`${site.address}api/v1/status`)
    expect(reply.status()).toBe(401)
  })

  test('an operator downloads, and is asked for the name again when the session has ended', async () => {
    await signIn('operator', password)
    const recover = await openFiles(page, 'papers')
    const link = recover.getByRole('link', { name: 'Download read me.txt' })
    expect((await download(page, link)).content).toBe(site.files.get('read me.txt'))
    await page.context().clearCookies()
    await page.getByRole('button', { name: 'Back up papers now' }).click()
    await expectShown(page.getByRole('heading', { name: 'Sign in to Holdfast' }))
  })
})
