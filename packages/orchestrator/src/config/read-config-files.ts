import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import type { PlacedProblem } from './loaded-config.ts'
import { parseYaml, problemAt } from './parse-yaml.ts'
import { mergeWritten } from './merge-written.ts'
import { stampOfContent, stampOfNames } from './stamp-of.ts'
import type { ConfigSurroundings } from './surroundings.ts'
import type { WrittenEntry, WrittenNode } from './written-node.ts'

/** A configuration has no reason to be larger. */
const maxBytes = 16 << 20

export interface ReadConfig {
  readonly root: WrittenNode
  /** what each of `files` held when it was read: a hash of its content, or of the names in a directory */
  readonly stamps: ReadonlyMap<string, string>
  /** absolute paths, the main file first; directories that were looked into as well */
  readonly files: readonly string[]
  readonly problems: readonly PlacedProblem[]
}

/**
 * Reads a configuration with everything it includes. Fails with CONFIG_NOT_FOUND or CONFIG_UNREADABLE for the file
 * itself; what is wrong with an included one is a problem.
 */
export async function readConfigFiles(
  path: string,
  { variables, proposal }: Pick<ConfigSurroundings, 'variables' | 'proposal'>,
): Promise<ReadConfig> {
  const file = resolve(path)
  const files: string[] = []
  const problems: PlacedProblem[] = []
  const stamps = new Map<string, string>()
  const mayRead = (included: string): boolean => proposal?.mayRead(included) ?? true
  const text =
    proposal?.text ??
    (await readText(file).catch((error: unknown) => {
      throw readFailure(file, error)
    }))
  const root = await readOne(file, text, [file], { variables, mayRead, files, problems, stamps })
  return { root, files, problems, stamps }
}

interface Reading {
  readonly variables: (name: string) => string | undefined
  readonly mayRead: (path: string) => boolean
  readonly files: string[]
  readonly problems: PlacedProblem[]
  readonly stamps: Map<string, string>
}

/** `chain`: the files that led here, this one last. */
async function readOne(file: string, text: string, chain: readonly string[], reading: Reading): Promise<WrittenNode> {
  reading.files.push(file)
  reading.stamps.set(file, stampOfContent(text))
  const parsed = parseYaml(file, text, reading.variables)
  reading.problems.push(...parsed.problems)
  let root = withoutInclude(parsed.root)
  for (const include of includesOf(parsed.root)) {
    for (const included of await filesOf(include, file, reading)) {
      if (chain.includes(included)) {
        const circle = [...chain, included].map((each) => basename(each)).join(' → ')
        reading.problems.push({ ...problemAt(include.place, `includes itself: ${circle}`), path: ['include'] })
        continue
      }
      // a file that two others include would say everything twice
      if (reading.files.includes(included)) continue
      const content = await readText(included).catch((error: unknown) => {
        const { message } = readFailure(included, error)
        reading.problems.push({ ...problemAt(include.place, message), path: ['include'] })
      })
      if (content === undefined) continue
      const addition = await readOne(included, content, [...chain, included], reading)
      root = mergeWritten(root, addition, reading.problems)
    }
  }
  return root
}

function includesOf({ value }: WrittenNode): WrittenNode[] {
  if (!(value instanceof Map)) return []
  const entries: ReadonlyMap<string, WrittenEntry> = value
  const list = entries.get('include')?.node.value
  const nodes = Array.isArray(list) ? (list as readonly WrittenNode[]) : []
  return nodes.filter((node) => typeof node.value === 'string')
}

/** Kept when it is no list of texts, so that the schema says so. */
function withoutInclude(root: WrittenNode): WrittenNode {
  if (!(root.value instanceof Map)) return root
  const entries: ReadonlyMap<string, WrittenEntry> = root.value
  const list = entries.get('include')?.node.value
  const nodes = Array.isArray(list) ? (list as readonly WrittenNode[]) : undefined
  if (nodes === undefined || nodes.some((node) => typeof node.value !== 'string')) return root
  return { ...root, value: new Map([...entries].filter(([key]) => key !== 'include')) }
}

async function filesOf(include: WrittenNode, file: string, reading: Reading): Promise<string[]> {
  const { problems, files, stamps } = reading
  const pattern = resolve(dirname(file), typeof include.value === 'string' ? include.value : '')
  const last = basename(pattern)
  if (!reading.mayRead(last.includes('*') ? dirname(pattern) : pattern)) {
    const message = 'is included by nothing that is in force, and not read for a text that is only to be checked'
    problems.push({ ...problemAt(include.place, message), path: ['include'] })
    return []
  }
  if (!last.includes('*')) return [pattern]
  const form = new RegExp(`^${last.split('*').map(escapePattern).join('[^/]*')}$`)
  try {
    const names = await readdir(dirname(pattern))
    // a new file there changes what is included
    if (!files.includes(dirname(pattern))) files.push(dirname(pattern))
    stamps.set(dirname(pattern), stampOfNames(names))
    // as a shell does: hidden files only when asked for
    const fitting = names.filter((name) => form.test(name) && (!name.startsWith('.') || last.startsWith('.')))
    return fitting.toSorted().map((name) => join(dirname(pattern), name))
  } catch (error) {
    problems.push({ ...problemAt(include.place, readFailure(dirname(pattern), error).message), path: ['include'] })
    return []
  }
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file)
  if (bytes.length > maxBytes) throw new Error(`it is larger than ${maxBytes >> 20} MiB`)
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

function readFailure(file: string, error: unknown): AppError {
  const { code = '', message = String(error) } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  if (code === 'ENOENT') return new AppError('CONFIG_NOT_FOUND', { tried: `${file} does not exist` }, { cause: error })
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of the path is no directory',
    ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8',
  }
  return new AppError('CONFIG_UNREADABLE', { file, reason: reasons[code] ?? message }, { cause: error })
}
