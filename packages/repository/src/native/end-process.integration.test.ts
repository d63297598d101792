import { execFile, execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Runs a program of a few lines that may call `endProcess`. */
async function run(text: string): Promise<{ code: unknown; stdout: string }> {
  const module = JSON.stringify(new URL('end-process.ts', import.meta.url).href)
  const program = `import { endProcess } from ${module}\nimport { Worker } from 'node:worker_threads'\n${text}`
  return await new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '--eval', program], (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout }),
    )
  })
}

test('a process ends with its exit code, after those who listen for that, whatever its threads are doing', async () => {
  const { code, stdout } = await run(`
    import { writeSync } from 'node:fs'
    process.on('exit', (code) => writeSync(1, 'heard of ' + code))
    const worker = new Worker('postMessage(0); for (;;);', { eval: true })
    worker.once('error', () => {})
    setTimeout(() => endProcess(3), 50)`)
  expect(code).toBe(3)
  expect(stdout).toBe('heard of 3')
})

test("nothing of Node's own end happens any more, which could wait for a thread", async () => {
  const { code, stdout } = await run(`
    import { writeSync } from 'node:fs'
    // what Node's own end begins with
    const own = process.reallyExit
    process.reallyExit = (code) => { writeSync(1, 'own end'); own.call(process, code) }
    endProcess(0)`)
  expect(code).toBe(0)
  expect(stdout).toBe('')
})

test('pipes that a shell goes on using block again', () => {
  const module = JSON.stringify(new URL('end-process.ts', import.meta.url).href)
  const program = `import { endProcess } from ${module}
    process.stdin.on('data', () => {})
    process.stdout.write('', () => endProcess(0))`
  const flagsAfter =
    'exec 3<&0; "$0" --input-type=module --eval "$1"; grep -h flags: /proc/self/fdinfo/3 /proc/self/fdinfo/1'
  const shell = `true | (${flagsAfter}) | cat`
  const shown = execFileSync('bash', ['-c', shell, process.execPath, program], { encoding: 'utf8' })
  const flags = Array.from(shown.matchAll(/flags:\s*([0-7]+)/g), ([, octal = '']) => parseInt(octal, 8))
  expect(flags).toHaveLength(2)
  expect(flags.map((each) => each & 0o4000)).toEqual([0, 0])
})
