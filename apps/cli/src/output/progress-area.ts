import type { Channel } from './channel.ts'

/** The last lines of a terminal, redrawn in place. */
export interface ProgressArea {
  draw(lines: readonly string[]): void
  clear(): void
}

const eraseLine = '\x1b[2K'
const cursorUp = '\x1b[1A'
const eraseBelow = '\x1b[J'

export function createProgressArea(channel: Channel): ProgressArea {
  let height = 0
  const toTop = () => `\r${cursorUp.repeat(Math.max(0, height - 1))}`
  return {
    draw(lines) {
      const drawn = lines.map((line) => `${eraseLine}${line}`).join('\n')
      channel.write(`${height === 0 ? '' : toTop()}${drawn}${height > lines.length ? eraseBelow : ''}`)
      height = lines.length
    },
    clear() {
      if (height > 0) channel.write(`${toTop()}${eraseBelow}`)
      height = 0
    },
  }
}
