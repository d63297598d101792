import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend, FileId, FileType } from '../backend.ts'
import { flatPath, folderText } from '../layout.ts'

/** One call of a backend, counted from 0 over all methods. */
export interface BackendCall {
  readonly index: number
  readonly method: 'create' | 'list' | 'stat' | 'read' | 'write' | 'remove' | 'flush'
  readonly file?: FileId
  /** for `list` */
  readonly type?: FileType
}

/**
 * What is to go wrong: `fail-before` nothing reached the store, `fail-after` the reply was lost, `permanent` the store
 * refuses (STORAGE_DENIED). A function runs before the call, to kill the process for example.
 */
export type Fault = 'fail-before' | 'fail-after' | 'permanent' | (() => void)

/** For tests: fails the calls that `decide` picks. Files may still be moved into place; reads all pass through here. */
export function withFaultInjection(backend: Backend, decide: (call: BackendCall) => Fault | undefined): Backend {
  let calls = 0
  const { readableRoot: _dropped, ...traits } = backend.traits

  function begin(method: BackendCall['method'], target: Pick<BackendCall, 'file' | 'type'>): () => void {
    const fault = decide({ index: calls++, method, ...target })
    const { location } = backend
    const file = nameOf(target)
    const lost = new AppError('STORAGE_UNREACHABLE', { action: method, file, location, reason: 'injected fault' })
    if (fault === 'fail-before') throw lost
    if (fault === 'permanent') {
      throw new AppError('STORAGE_DENIED', { action: method, file, location, reason: 'injected refusal' })
    }
    if (typeof fault === 'function') fault()
    return () => {
      if (fault === 'fail-after') throw lost
    }
  }

  async function inject<T>(
    method: BackendCall['method'],
    file: FileId | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const end = begin(method, file === undefined ? {} : { file })
    const result = await work()
    end()
    return result
  }

  return {
    ...backend,
    traits,
    create: (ctx) => inject('create', undefined, () => backend.create(ctx)),
    async *list(type, ctx) {
      const end = begin('list', { type })
      yield* backend.list(type, ctx)
      end()
    },
    stat: (file, ctx) => inject('stat', file, () => backend.stat(file, ctx)),
    read: (file, range, ctx) => inject('read', file, () => backend.read(file, range, ctx)),
    write: (file, content, hint, ctx) => inject('write', file, () => backend.write(file, content, hint, ctx)),
    remove: (file, ctx) => inject('remove', file, () => backend.remove(file, ctx)),
    flush: (ctx) => inject('flush', undefined, () => backend.flush(ctx)),
  }
}

function nameOf({ file, type }: Pick<BackendCall, 'file' | 'type'>): string {
  if (file !== undefined) return flatPath(file)
  return type === undefined ? 'the repository' : folderText(type)
}
