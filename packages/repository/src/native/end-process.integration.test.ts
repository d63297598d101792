import { execFile } from 'node:child_process'
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
