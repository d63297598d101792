/**
 * Compiles the loops that JavaScript is too slow for from AssemblyScript to WebAssembly, which is committed: `npm run
 * wasm`. A test compiles them again and compares.
 */
import { writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { main } from 'assemblyscript/asc'

const root = join(import.meta.dirname, '..')

/** Every committed module. The source of `x.wasm` begins in `assembly/x.ts` beside it. */
export const wasmModules = [
  'packages/repository/src/wasm/primitives.wasm',
  'packages/connectors/src/wasm/sums.wasm',
] as const

/** Returns the compiled module; `path`: one of `wasmModules`. */
export async function compileWasm(path: string): Promise<Uint8Array> {
  const directory = join(root, dirname(path), 'assembly')
  let binary: Uint8Array | undefined
  const flags =
    '--optimizeLevel 3 --shrinkLevel 0 --converge --runtime stub --importMemory --noAssert --memoryBase 65536'
  const result = await main(
    [
      `${basename(path, '.wasm')}.ts`,
      ...['--baseDir', directory, ...flags.split(' '), '--enable', 'simd', '--outFile', basename(path)],
    ],
    {
      writeFile(_name, contents) {
        if (typeof contents !== 'string') binary = contents
      },
    },
  )
  if (result.error !== null || binary === undefined) throw result.error ?? new Error(`${path} was not compiled`)
  return binary
}

if (import.meta.main) {
  for (const path of wasmModules) writeFileSync(join(root, path), await compileWasm(path))
}
