/** Follows redirects and keeps cookies by host and path, as a browser does. Only for tests. */
export interface Browser {
  /** Goes there, and wherever it is sent, until `stopAt` or a page. */
  go(url: string, stopAt?: string): Promise<Visit>
  submit(url: string, fields: Readonly<Record<string, string>>, stopAt?: string): Promise<Visit>
}

export interface Visit {
  readonly url: string
  readonly status: number
  readonly text: string
}

export function createBrowser(): Browser {
  /** "host path name" → value */
  const jar = new Map<string, string>()
  const cookiesFor = ({ host, pathname }: URL): string =>
    [...jar]
      .map(([key, value]) => ({ parts: key.split(' '), value }))
      .filter(({ parts: [at, path = '/'] }) => at === host && pathname.startsWith(path))
      .map(({ parts: [, , name], value }) => `${name}=${value}`)
      .join('; ')
  const keep = (header: string, { host }: URL): void => {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
    const [name = '', value = ''] = pair.split('=')
    const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? '/'
    if (value === '') jar.delete(`${host} ${path} ${name}`)
    else jar.set(`${host} ${path} ${name}`, value)
  }
  const visit = async (given: string, init: RequestInit, stopAt?: string): Promise<Visit> => {
    let url = new URL(given)
    let asked = init
    for (;;) {
      const headers = {
        cookie: cookiesFor(url),
        ...(asked.body && { 'content-type': 'application/x-www-form-urlencoded' }),
      }
      const reply = await fetch(url, { ...asked, headers, redirect: 'manual' })
      for (const header of reply.headers.getSetCookie()) keep(header, url)
      const text = await reply.text()
      const next = reply.headers.get('location')
      if (next === null) return { url: url.href, status: reply.status, text }
      url = new URL(next, url)
      asked = {}
      if (stopAt !== undefined && url.href.startsWith(stopAt)) return { url: url.href, status: reply.status, text: '' }
    }
  }
  return {
    go: (url, stopAt) => visit(url, {}, stopAt),
    submit: (url, fields, stopAt) =>
      visit(url, { method: 'POST', body: new URLSearchParams(fields).toString() }, stopAt),
  }
}
