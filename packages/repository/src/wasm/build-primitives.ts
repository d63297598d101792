/**
 * Compiles the AssemblyScript beside this file to `primitives.wasm`, which is committed: `node
 * packages/repository/src/wasm/build-primitives.ts`. A test compiles it again and compares.
 */
import { fileURLToPath } from 'node:url'
import { main } from 'assemblyscript/asc'

/** Returns the compiled module. */
export async function compilePrimitives(): Promise<Uint8Array> {
  const directory = fileURLToPath(new URL('./assembly', import.meta.url))
  let binary: Uint8Array | undefined
  const flags =
    '--optimizeLevel 3 --shrinkLevel 0 --converge --runtime stub --importMemory --noAssert --memoryBase 65536'
  const result = await main(
    ['primitives.ts', '--baseDir', directory, ...flags.split(' '), '--enable', 'simd', '--outFile', 'primitives.wasm'],
    {
      writeFile(_name, contents) {
        if (typeof contents !== 'string') binary = contents
      },
    },
  )
  if (result.error !== null || binary === undefined) throw result.error ?? new Error('nothing was compiled')
  return binary
}

if (import.meta.main) {
  const { writeFileSync } = await import('node:fs')
  writeFileSync(new URL('./primitives.wasm', import.meta.url), await compilePrimitives())
}
