import { pathText } from '@holdfast/core/config/config-problem'
import type { PlacedProblem } from './loaded-config.ts'

/**
 * One line for each: "holdfast.yaml:12:9 sources.shop.tier: there is no tier "critcal" (did you mean critical?)". A value
 * that holds control characters is shown escaped.
 */
export function renderProblems(problems: readonly PlacedProblem[]): string {
  return problems.map(renderProblem).join('\n')
}

export function renderProblem({ place, path, message, suggestion, written, severity }: PlacedProblem): string {
  const where = place === undefined ? '' : `${escaped(place.file)}:${place.line}:${place.column} `
  const what = path.length === 0 ? '' : `${escaped(pathText(path))}: `
  const value = written === undefined || message.includes(written) ? '' : ` (${shown(written)} is written)`
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`
  return `  ${where}${severity === 'warning' ? 'warning: ' : ''}${what}${escaped(message)}${value}${hint}`
}

/** One problem is one line, whatever the file holds. */
function escaped(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1))
}

function shown(written: string): string {
  // whatever looks like a password in an address is not repeated
  const safe = written.replace(/(:\/\/[^/:@\s]*):[^@\s]*@/, '$1:***@')
  return JSON.stringify(safe.length > 80 ? `${safe.slice(0, 77)}…` : safe)
}
