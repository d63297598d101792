import { readFileSync } from 'node:fs'

/**
 * When a process was started, in clock ticks since the machine was: with the process id it names a process for good,
 * while an id alone may have been given to another one since. Undefined when there is no such process, or no /proc to
 * ask (proc(5), field 22 of stat).
 */
export function processStart(pid: number): number | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[22 - 3])
  return Number.isSafeInteger(ticks) ? ticks : undefined
}
