import type { z } from 'zod'
import { nearestName } from '../../text/nearest-name.ts'
import type { ConfigProblem, SettingPath } from '../config-problem.ts'
import {
  concreteSchema,
  discriminatorOf,
  elementOf,
  fieldsOf,
  literalsOf,
  unionMembers,
} from '../schema/concrete-schema.ts'
import { isSettingMap, type Setting } from '../setting.ts'

type Issue = z.core.$ZodIssue

/** What a failed validation means for whoever wrote the file. `value` is what was validated. */
export function describeIssues(schema: z.core.$ZodType, value: Setting, issues: readonly Issue[]): ConfigProblem[] {
  return issues.flatMap((issue) => describeIssue(schema, value, issue, []))
}

function describeIssue(schema: z.core.$ZodType, root: Setting, issue: Issue, base: SettingPath): ConfigProblem[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
  const value = settingAt(root, path)
  const problem = (message: string, suggestion?: string): ConfigProblem => ({
    path,
    at: 'value',
    message,
    severity: 'error',
    ...(suggestion === undefined ? {} : { suggestion }),
  })
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = Object.keys(fieldsOf(schemaAt(schema, root, path)) ?? {})
      return issue.keys.map((key) => unknownKey([...path, key], known, settingAt(root, path)))
    }
    case 'invalid_union': {
      const branch = bestBranch(issue.errors)
      if (branch !== undefined) return branch.flatMap((inner) => describeIssue(schema, root, inner, path))
      return [
        value === undefined ? missing(path) : problem(issue.message, nearestText(value, wordsAt(schema, root, path))),
      ]
    }
    case 'invalid_key':
      return [{ ...problem(issue.issues[0]?.message ?? issue.message), at: 'key' }]
    case 'invalid_value': {
      if (value === undefined) return [missing(path)]
      const words = issue.values.map(String)
      return [problem(`must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}`, nearestText(value, words))]
    }
    case 'invalid_type':
      if (value === undefined) return [missing(path)]
      if (value === null) return [problem('has no value')]
      return [problem(isZodsOwn(issue.message) ? `must be ${plainType(issue.expected)}` : issue.message)]
    default:
      return [problem(issue.message)]
  }
}

function missing(path: SettingPath): ConfigProblem {
  return { path, at: 'key', message: 'is missing', severity: 'error' }
}

function unknownKey(path: SettingPath, known: readonly string[], siblings: Setting | undefined): ConfigProblem {
  const given = isSettingMap(siblings) ? Object.keys(siblings) : []
  // a key that is there already was not meant
  const free = known.filter((key) => !given.includes(key))
  const name = String(path.at(-1))
  const nearest = nearestName(
    name.toLowerCase(),
    free.map((key) => key.toLowerCase()),
  )
  const suggestion = free.find((key) => key.toLowerCase() === nearest)
  const message = 'is no setting'
  return { path, at: 'key', message, severity: 'error', ...(suggestion === undefined ? {} : { suggestion }) }
}

/** Of a union the member that was meant: one whose type fits, or else the first. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const rank = (branch: readonly Issue[]) => {
    const atRoot = branch.filter(({ path }) => path.length === 0)
    if (atRoot.some(({ code }) => code === 'invalid_type')) return 2
    return atRoot.some(({ code }) => code === 'invalid_value') ? 1 : 0
  }
  return branches.toSorted((left, right) => rank(left) - rank(right))[0]
}

/** The words that a discriminator at the end of the path can be. */
function wordsAt(schema: z.core.$ZodType, root: Setting, path: SettingPath): readonly string[] {
  const parent = schemaAt(schema, root, path.slice(0, -1))
  const discriminator = discriminatorOf(parent)
  if (discriminator === undefined) return []
  return unionMembers(parent).flatMap((member) => {
    const field = fieldsOf(member)?.[discriminator]
    return field === undefined ? [] : literalsOf(field)
  })
}

function schemaAt(schema: z.core.$ZodType, root: Setting, path: SettingPath): z.core.$ZodType {
  let current = concreteSchema(schema, root).schema
  let value: Setting | undefined = root
  for (const part of path) {
    value = settingAt(value, [part])
    const next = fieldsOf(current)?.[part] ?? elementOf(current)
    if (next === undefined) return current
    current = concreteSchema(next, value).schema
  }
  return current
}

/** What stands at a path; undefined when there is nothing. */
function settingAt(root: Setting | undefined, path: SettingPath): Setting | undefined {
  let current: Setting | undefined = root
  for (const part of path) {
    if (Array.isArray(current)) {
      const list: readonly Setting[] = current
      current = typeof part === 'number' ? list[part] : undefined
    } else current = isSettingMap(current) ? current[part] : undefined
  }
  return current
}

function nearestText(value: Setting, words: readonly string[]): string | undefined {
  if (typeof value !== 'string') return undefined
  const given = value.toLowerCase()
  // "monday" for mon
  return nearestName(given, words) ?? words.find((word) => word.length > 2 && given.startsWith(word))
}

function isZodsOwn(message: string): boolean {
  return message.startsWith('Invalid input')
}

function plainType(expected: string): string {
  const known: Readonly<Record<string, string>> = {
    object: 'a map of settings',
    record: 'a map of settings',
    array: 'a list',
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  }
  return known[expected] ?? expected
}
