import type { Place, SettingPath } from '@holdfast/core/config/config-problem'
import { isSecretName } from '@holdfast/core/config/check/check-policies'
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLError,
} from 'yaml'
import { interpolate } from './interpolate.ts'
import type { PlacedProblem } from './loaded-config.ts'
import type { WrittenEntry, WrittenNode } from './written-node.ts'

export interface ParsedYaml {
  readonly root: WrittenNode
  readonly problems: readonly PlacedProblem[]
}

/** An anchor that is used again and again can make a small file endless. */
const maxNodes = 100_000
const maxDepth = 50

interface Reading {
  readonly file: string
  readonly lines: LineCounter
  readonly document: Document
  readonly variables: (name: string) => string | undefined
  readonly problems: PlacedProblem[]
  nodes: number
}

/** Reads one YAML file, with places, and with variables filled in. What is wrong is a problem, never an exception. */
export function parseYaml(file: string, text: string, variables: (name: string) => string | undefined): ParsedYaml {
  const lines = new LineCounter()
  // keys are compared here, to name both places
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, strict: true })
  const reading: Reading = { file, lines, document, variables, problems: [], nodes: 0 }
  for (const error of document.errors) reading.problems.push(syntaxProblem(error, reading))
  const start: Place = { file, line: 1, column: 1 }
  const empty: WrittenNode = { place: start, value: new Map<string, WrittenEntry>() }
  if (reading.problems.length > 0 || document.contents === null) return { root: empty, problems: reading.problems }
  const root = readNode(document.contents, reading, [], start)
  if (root.value instanceof Map) return { root, problems: reading.problems }
  if (root.value === null) return { root: empty, problems: reading.problems }
  reading.problems.push(problemAt(root.place, 'must be a map of settings, such as `sources:` with names below it'))
  return { root: empty, problems: reading.problems }
}

function readNode(node: Node | null, reading: Reading, path: SettingPath, around: Place): WrittenNode {
  const place = node === null ? around : placeAt(node, reading, around)
  if (++reading.nodes > maxNodes || path.length > maxDepth) {
    if (reading.nodes <= maxNodes + 1) reading.problems.push(problemAt(place, 'is nested too deeply'))
    return { place, value: null }
  }
  if (isAlias(node)) {
    const target = node.resolve(reading.document)
    if (target !== undefined) return readNode(target, reading, path, place)
    reading.problems.push(problemAt(place, 'refers to an anchor that is not there'))
    return { place, value: null }
  }
  if (isMap(node)) return { place, value: readMap(node.items, reading, path, place) }
  if (isSeq(node)) {
    // Boundary: a document that was parsed from a text holds nodes only.
    const items = node.items as readonly (Node | null)[]
    return { place, value: items.map((item, at) => readNode(item, reading, [...path, at], place)) }
  }
  return isScalar(node) ? readScalar(node, place, path, reading) : { place, value: null }
}

function readMap(items: readonly Pair[], reading: Reading, path: SettingPath, place: Place): Map<string, WrittenEntry> {
  const entries = new Map<string, WrittenEntry>()
  for (const item of items) {
    // Boundary: a document that was parsed from a text holds nodes only.
    const pair = item as Pair<Node, Node | null>
    const keyPlace = placeAt(pair.key, reading, place)
    if (!isScalar(pair.key)) {
      reading.problems.push(problemAt(keyPlace, 'is no name'))
      continue
    }
    const key = typeof pair.key.source === 'string' ? pair.key.source : String(pair.key.value)
    if (key === '__proto__') {
      // objects of JavaScript do not hold it like other keys, so that it would be lost silently
      reading.problems.push({ ...problemAt(keyPlace, 'is a name that nothing can have'), path: [...path, key] })
      continue
    }
    const before = entries.get(key)
    if (before !== undefined) {
      const message = `is there twice: the first is in line ${before.keyPlace.line}`
      reading.problems.push({ ...problemAt(keyPlace, message), path: [...path, key] })
      continue
    }
    entries.set(key, { keyPlace, node: readNode(pair.value, reading, [...path, key], keyPlace) })
  }
  return entries
}

function readScalar(scalar: Scalar, place: Place, path: SettingPath, reading: Reading): WrittenNode {
  const { value, source } = scalar
  if (typeof value !== 'string') {
    const text = source ?? ''
    const isPlain = typeof value === 'number' || typeof value === 'boolean' || value === null
    // dates and the like are what they look like
    return { place, text, value: isPlain ? value : text }
  }
  const { text, isChanged, missing, used } = interpolate(value, reading.variables)
  for (const name of used.filter(isSecretName)) {
    const message = `puts the secret ${name} into the configuration, whose values are shown and stored: write { env: ${name} } where a secret belongs`
    reading.problems.push({ ...problemAt(place, message), path })
  }
  for (const name of missing) {
    const message = `names the variable ${name}, which is not set; \${${name}:-default} gives it a default`
    reading.problems.push({ ...problemAt(place, message), path })
  }
  // a variable in a plain scalar can be a number, as if it stood there
  return { place, text: source ?? value, value: isChanged && scalar.type === 'PLAIN' ? plainValue(text) : text }
}

function plainValue(text: string): string | number | boolean {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text)
  return text === 'true' ? true : text === 'false' ? false : text
}

function placeAt(node: Node, { file, lines }: Reading, around: Place): Place {
  if (node.range === undefined || node.range === null) return around
  const { line, col } = lines.linePos(node.range[0])
  return { file, line, column: col }
}

/** The parser's own words may repeat what stands in the file, which may be a secret. */
function syntaxProblem(error: YAMLError, { file, lines }: Reading): PlacedProblem {
  const { line, col } = lines.linePos(error.pos[0])
  return problemAt({ file, line, column: col }, syntaxMessages[error.code] ?? `is no valid YAML (${error.code})`)
}

const syntaxMessages: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'is indented by a tab; YAML takes blanks only',
  BAD_INDENT: 'is indented differently from its neighbours',
  MISSING_CHAR: 'lacks a quote, comma or bracket',
  MULTIPLE_DOCS: 'begins a second document; one file is one document',
  BLOCK_AS_IMPLICIT_KEY: 'is indented wrongly, or its text holds a colon followed by a blank and needs quotes',
  BLOCK_IN_FLOW: 'is a block inside braces or brackets',
  BAD_ALIAS: 'refers to an anchor that is not there; a text that begins with * needs quotes',
  UNEXPECTED_TOKEN: 'does not belong here',
  BAD_SCALAR_START: 'begins with a character that needs quotes around the text',
}

export function problemAt(place: Place, message: string): PlacedProblem {
  return { path: [], at: 'value', message, severity: 'error', place }
}
