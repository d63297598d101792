import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/**
 * Every text that is shown differs from what is behind it by a contrast of at least 4.5 (WCAG 2.2, 1.4.3), and every control
 * has a name for those who do not see it.
 */
export async function expectReadable(page: Page): Promise<void> {
  expect(await page.evaluate<string[]>(`(${faintTexts})()`)).toEqual([])
  expect(await page.evaluate<string[]>(`(${namelessControls})()`)).toEqual([])
}

/** Nothing is wider than the screen. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const [content, screen] = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]')
  expect(content).toBeLessThanOrEqual(screen)
}

// What runs in the browser is text here: this program is compiled without a browser's names.

/** Relative luminance and contrast as WCAG 2.2 defines them. */
const faintTexts = `() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number)
  const over = ([r, g, b, a = 1], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)]
  const luminance = (colour) => {
    const [r, g, b] = colour.map((each) => {
      const part = each / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const ground = (element) => {
    const layers = []
    for (let at = element; at !== null; at = at.parentElement) layers.unshift(parse(getComputedStyle(at).backgroundColor))
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255])
  }
  const faint = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement
    if (node.nodeValue.trim() === '' || !element.checkVisibility() || element.closest('noscript, :disabled, option, .spoken')) continue
    const behind = ground(element)
    const [a, b] = [luminance(over(parse(getComputedStyle(element).color), behind)), luminance(behind)]
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (contrast < 4.5) faint.push(contrast.toFixed(2) + ' ' + node.nodeValue)
  }
  return faint
}`

const namelessControls = `() => [...document.querySelectorAll('a, button, input, select, progress, summary, [role=region]')]
  .filter((each) => (each.ariaLabel ?? each.textContent).trim() === '' && (each.labels?.length ?? 0) === 0)
  .map((each) => each.outerHTML)`
