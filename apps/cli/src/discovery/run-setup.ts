import { randomBytes } from 'node:crypto'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import { invalidConfig, readConfig } from '@holdfast/orchestrator/config/load-config'
import { discover } from '@holdfast/orchestrator/discovery/discover'
import { writeSetup } from '@holdfast/orchestrator/discovery/write-setup'
import type { Invocation } from '../command/command.ts'
import type { SetupOptions } from '../command/setup.ts'
import { printable } from '../output/printable.ts'
import { configSurroundings } from '../session/config-surroundings.ts'
import { discoveryPlaces } from './discovery-option.ts'
import { showDiscovery } from './run-discover.ts'

const passwordName = 'holdfast-password'

/** Writes a configuration and, if there is none, a password; never over anything. */
export async function runSetup(invocation: Invocation<SetupOptions>): Promise<number> {
  const { options, global, variables, output, ctx } = invocation
  const file = resolve(options.output ?? global.config ?? (variables('HOLDFAST_CONFIG') || 'holdfast.yaml'))
  if (await exists(file)) throw new AppError('CONFIG_EXISTS', { file })
  const found = await discover({ ...discoveryPlaces(options, variables), config: undefined }, ctx)
  const text = writeSetup(found, {
    location: absoluteLocation(global.repo ?? defaultLocation()),
    passwordFile: passwordName,
    now: ctx.now(),
  })
  const passwordFile = join(dirname(file), passwordName)
  const isNew = await writeNew(passwordFile, `${randomBytes(24).toString('base64url')}\n`, 0o600)
  if (!(await writeNew(file, text, 0o644))) throw new AppError('CONFIG_EXISTS', { file })
  const { loaded, problems } = await readConfig(file, configSurroundings(variables), ctx)
  if (loaded === undefined) throw invalidConfig(file, problems)
  showDiscovery(found, output)
  output.message({
    message_type: 'setup',
    file,
    password_file: passwordFile,
    sources: [...loaded.config.sources.keys()],
  })
  output.line(printable(`wrote ${file}`))
  if (isNew) output.line(printable(`made the password ${passwordFile}: keep a copy of it in another place`))
  output.note('next, after a look through the file:')
  output.note(printable(`holdfast --config ${file} init --configured`))
  output.note(printable(`holdfast --config ${file} config check --secrets --repositories`))
  return 0
}

function defaultLocation(): string {
  return process.getuid?.() === 0 ? '/var/backups/holdfast' : join(homedir(), 'holdfast-repository')
}

/** The file may lie elsewhere than where this was typed. */
function absoluteLocation(location: string): string {
  return /^(?!local:)[a-z0-9]+:/i.test(location) ? location : resolve(location.replace(/^local:/, ''))
}

/** False when there was a file already. Fails with CONFIG_UNWRITABLE. */
async function writeNew(file: string, text: string, mode: number): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
    throw unwritable(file, error)
  })
  try {
    await writeFile(file, text, { flag: 'wx', mode })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw unwritable(file, error)
  }
}

function unwritable(file: string, error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error)
  return new AppError('CONFIG_UNWRITABLE', { file, reason }, { cause: error })
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  )
}
