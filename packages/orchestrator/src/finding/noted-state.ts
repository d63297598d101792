import { type MarkFields, parseMarkFields } from '../catalogue/mark-fields.ts'

/**
 * States that other parts of the control plane leave in marks for the detectors. A value that cannot be read counts as
 * absent: a mark is never worth a crash.
 */
export interface LogState {
  /** when the follower last said so */
  readonly at: Date
  readonly recoverableUntil?: Date | undefined
  /** not closed by a newer backup yet */
  readonly gap?: boolean | { readonly at: Date; readonly message: string } | undefined
  /** what a fail-over has cost */
  readonly lost?: { readonly at: Date; readonly message: string; readonly hint: string } | undefined
  readonly slot?:
    | { readonly walStatus: string; readonly safeBytes?: number | undefined; readonly keptBytes?: number | undefined }
    | undefined
  /** of a server that drops its log after this, stored or not */
  readonly expiryMs?: number | undefined
  readonly error?:
    | string
    | { readonly code?: string | undefined; readonly message: string; readonly hint?: string | undefined }
    | undefined
}

/** mark `log/<source>` */
export function parseLogState(value: string | undefined): LogState | undefined {
  const fields = parseMarkFields(value)
  const at = fields?.date('at')
  if (fields === undefined || at === undefined) return undefined
  return {
    at,
    recoverableUntil: fields.date('recoverableUntil'),
    gap: gapOf(fields),
    lost: lostOf(fields.object('lost')),
    slot: slotOf(fields.object('slot')),
    expiryMs: fields.number('expiryMs'),
    error: fields.text('error') ?? errorOf(fields.object('error')),
  }
}

/** mark `discovered/<what>`: something that discovery has seen and nobody protects */
export function parseDiscovered(value: string): { readonly title: string; readonly detail: string } | undefined {
  const fields = parseMarkFields(value)
  const [title, detail] = [fields?.text('title'), fields?.text('detail')]
  return title === undefined || detail === undefined ? undefined : { title, detail }
}

/** mark `config/error`: why the newest configuration file was not taken; absent when it was */
export function parseConfigError(
  value: string | undefined,
): { readonly at: Date; readonly message: string } | undefined {
  const fields = parseMarkFields(value)
  const [at, message] = [fields?.date('at'), fields?.text('message')]
  return at === undefined || message === undefined ? undefined : { at, message }
}

function gapOf(fields: MarkFields): LogState['gap'] {
  const value = fields.value('gap')
  if (typeof value === 'boolean') return value
  const gap = fields.object('gap')
  const [at, message] = [gap?.date('at'), gap?.text('message')]
  return at === undefined || message === undefined ? undefined : { at, message }
}

function lostOf(fields: MarkFields | undefined): LogState['lost'] {
  const [at, message, hint] = [fields?.date('at'), fields?.text('message'), fields?.text('hint')]
  return at === undefined || message === undefined || hint === undefined ? undefined : { at, message, hint }
}

function slotOf(fields: MarkFields | undefined): LogState['slot'] {
  const walStatus = fields?.text('walStatus')
  if (fields === undefined || walStatus === undefined) return undefined
  return { walStatus, safeBytes: fields.number('safeBytes'), keptBytes: fields.number('keptBytes') }
}

function errorOf(fields: MarkFields | undefined): LogState['error'] {
  const message = fields?.text('message')
  if (fields === undefined || message === undefined) return undefined
  return { code: fields.text('code'), message, hint: fields.text('hint') }
}
