/**
 * What the linter cannot say: the direction of imports across packages (relative paths included), cycles between
 * packages, names and sizes of files, that nothing of the machine it was written on is committed, and that what was compiled
 * is what its source gives.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileWasm, wasmModules } from '../scripts/build-wasm.ts'

const root = join(import.meta.dirname, '..')

/** Who may import whom; docs/architecture.md explains why. The command line starts the server; nobody else imports an app. */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
  'packages/core': [],
  'packages/storage': ['packages/core'],
  'packages/repository': ['packages/core', 'packages/storage'],
  'packages/connectors': ['packages/core'],
  'packages/orchestrator': ['packages/core', 'packages/storage', 'packages/repository', 'packages/connectors'],
  'packages/api': ['packages/core'],
  'apps/cli': [
    'packages/core',
    'packages/storage',
    'packages/repository',
    'packages/connectors',
    'packages/orchestrator',
    'packages/api',
    'apps/server',
  ],
  'apps/server': [
    'packages/core',
    'packages/storage',
    'packages/repository',
    'packages/connectors',
    'packages/orchestrator',
    'packages/api',
  ],
}

const forbiddenNames = ['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'shared', 'lib', 'base', 'manager']
const forbiddenEndings = ['-util', '-utils', '-helper', '-helpers', '-manager', '-service', '-handler']
const forbiddenFiles = ['types.ts', 'interfaces.ts', 'index.ts', 'constants.ts', 'service.ts', 'handler.ts']

/** Files of the work tree that are, or are about to be, in version control. */
const trackedFiles = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 26,
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)))

const isGenerated = (path: string): boolean => path.includes('/generated/') || path.includes('/golden/')
const isAssembly = (path: string): boolean => path.includes('/src/wasm/assembly/')

const sources = trackedFiles.filter((path) => path.endsWith('.ts') && !isGenerated(path) && !isAssembly(path))
const packageSources = sources.filter((path) => /^(?:apps|packages)\//.test(path))
/** Tests, and what only tests use: `…-fixture.ts`, or in a folder `testing`. */
const isTest = (path: string): boolean => /(?:\.test|-fixture)\.ts$|\/testing\//.test(path)
const productSources = packageSources.filter((path) => !isTest(path))

const text = (path: string): string => readFileSync(join(root, path), 'utf8')
const owner = (path: string): string => path.split('/').slice(0, 2).join('/')

/** Every module a file names, in static and dynamic imports and in worker URLs. */
function importedModules(path: string): string[] {
  const pattern = /(?:\bfrom\s+|\bimport\s*\(?\s*|\bnew URL\(\s*)'([^'\n]+)'/g
  return [...text(path).matchAll(pattern)].map((match) => match[1] ?? '')
}

/** The package that an import leads to: "packages/core"; undefined for Node's and npm's modules and for files of no package. */
function importedPackage(path: string, module: string): string | undefined {
  if (module.startsWith('.')) {
    const target = normalize(join(dirname(path), module))
    return /^(?:apps|packages)\//.test(target) ? owner(target) : undefined
  }
  const ours = /^@holdfast\/([^/]+)/.exec(module)?.[1]
  if (ours === undefined) return undefined
  return Object.keys(allowedImports).find((name) => basename(name) === ours) ?? `unknown package @holdfast/${ours}`
}

describe('imports', () => {
  it('go only in the direction of the architecture, for every source file', () => {
    const wrong = packageSources.flatMap((path) =>
      importedModules(path).flatMap((module) => {
        const from = owner(path)
        const target = importedPackage(path, module)
        if (target === undefined || target === from || allowedImports[from]?.includes(target) === true) return []
        return [
          `${path} imports ${module}: ${from} may import ${allowedImports[from]?.join(', ') || 'nothing of ours'}`,
        ]
      }),
    )
    expect(wrong).toEqual([])
  })

  it('cross a package border by the name of the package, never by a relative path', () => {
    const wrong = packageSources.flatMap((path) =>
      importedModules(path)
        .filter((module) => module.startsWith('.'))
        .filter((module) => (importedPackage(path, module) ?? owner(path)) !== owner(path))
        .map((module) => `${path} imports ${module}`),
    )
    expect(wrong).toEqual([])
  })

  it('never reach test files from product code', () => {
    const wrong = productSources.flatMap((path) =>
      importedModules(path)
        .filter((module) => /(?:\.test|-fixture)(?:\.ts)?$|\/testing\//.test(module) || /(?:^|\/)tests\//.test(module))
        .map((module) => `${path} imports ${module}`),
    )
    expect(wrong).toEqual([])
  })

  it('have an entry in the table above for every package that exists', () => {
    const packages = trackedFiles.flatMap((path) => /^((?:apps|packages)\/[^/]+)\/package\.json$/.exec(path)?.[1] ?? [])
    expect(packages.toSorted()).toEqual(Object.keys(allowedImports).toSorted())
  })

  it('form no cycle between source files', () => {
    expect(findCycle()).toEqual([])
  })
})

/** One cycle of run-time imports as a list of paths; empty when there is none. Type-only imports vanish at run time. */
function findCycle(): string[] {
  const edges = new Map(productSources.map((path) => [path, runtimeImports(path)]))
  const finished = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string[] => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (finished.has(path)) return []
    for (const next of edges.get(path) ?? []) {
      const cycle = visit(next, [...trail, path])
      if (cycle.length > 0) return cycle
    }
    finished.add(path)
    return []
  }
  for (const path of edges.keys()) {
    const cycle = visit(path, [])
    if (cycle.length > 0) return cycle
  }
  return []
}

function runtimeImports(path: string): string[] {
  const pattern = /^import (?!type )(?:[^'\n]|\n(?!import ))*?'([^'\n]+)'/gm
  return [...text(path).matchAll(pattern)].flatMap((match) => {
    const module = match[1] ?? ''
    if (module.startsWith('.')) return [normalize(join(dirname(path), module))]
    const ours = /^@holdfast\/([^/]+)\/(.+)$/.exec(module)
    return ours === null ? [] : [`packages/${ours[1]}/src/${ours[2]}.ts`]
  })
}

describe('files', () => {
  it('are named after what they hold, not after a drawer', () => {
    const wrong = sources.filter((path) => {
      const parts = path.split('/')
      const stem = basename(path).replace(/(?:\.integration)?(?:\.test)?\.ts$/, '')
      return (
        forbiddenFiles.includes(basename(path)) ||
        parts.slice(0, -1).some((part) => forbiddenNames.includes(part)) ||
        forbiddenNames.includes(stem) ||
        forbiddenEndings.some((ending) => stem.endsWith(ending))
      )
    })
    expect(wrong).toEqual([])
  })

  it('re-export nothing: a name has one home', () => {
    const wrong = packageSources.filter((path) => /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})\s+from\s/m.test(text(path)))
    expect(wrong).toEqual([])
  })

  it('stay within 400 lines, or say in a first-lines comment why up to 600 ("Long because …")', () => {
    const wrong = sources.flatMap((path) => {
      const lines = text(path).split('\n')
      const limit = /Long because /.test(lines.slice(0, 20).join('\n')) ? 600 : 400
      return lines.length - 1 > limit ? [`${path}: ${lines.length - 1} lines, limit ${limit}`] : []
    })
    expect(wrong).toEqual([])
  })

  it('of product code leave the environment, the clock and the console to the apps', () => {
    const patterns = [/\bprocess\.env\b/, /\bconsole\./, /\bDate\.now\(\)/, /\bnew Date\(\)/]
    const wrong = productSources
      .filter((path) => path.startsWith('packages/'))
      .flatMap((path) =>
        withoutComments(text(path))
          .split('\n')
          .flatMap((line, at) =>
            patterns.some((pattern) => pattern.test(line)) ? [`${path}:${at + 1} ${line.trim()}`] : [],
          ),
      )
      // the one place where a real clock enters when the caller brings none
      .filter((hit) => !hit.startsWith('packages/core/src/context.ts'))
    expect(wrong).toEqual([])
  })
})

/** Comments blanked, line numbers kept. Strings that hold "//" lose their tail, which no pattern here minds. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ''))
}

describe('what is committed', () => {
  it('holds no registry host in the lock file, so that it installs from any mirror', () => {
    expect(text('package-lock.json')).not.toMatch(/"resolved":\s*"https?:/)
  })

  it('names every optional platform package in the lock file, without which npm ci refuses it', () => {
    // Boundary: the layout of npm's lock file, version 3.
    const { packages } = JSON.parse(text('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>
    }
    const unnamed = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined,
      ),
    )
    expect(unnamed).toEqual([])
  })

  it('holds no path of the machine it was written on', () => {
    const texts = trackedFiles.filter(
      (path) => /\.(?:ts|js|json|md|ya?ml|sh)$|^\.ci\//.test(path) && !isGenerated(path),
    )
    const wrong = texts.filter((path) => text(path).includes(`${root}/`))
    expect(wrong).toEqual([])
  })

  it('holds every WebAssembly module as its source compiles to', async () => {
    expect(trackedFiles.filter((path) => path.endsWith('.wasm')).toSorted()).toEqual([...wasmModules].toSorted())
    for (const path of wasmModules) {
      const isFresh = Buffer.from(await compileWasm(path)).equals(readFileSync(join(root, path)))
      expect(isFresh, `${path} (npm run wasm)`).toBe(true)
    }
  })
})

describe('the documentation', () => {
  it('links only to files that exist', () => {
    const pages = trackedFiles.filter((path) => path.endsWith('.md'))
    const broken = pages.flatMap((page) =>
      [...text(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page} links to ${target}`),
    )
    expect(broken).toEqual([])
  })
})
