import type { GatewayRole } from './gateway-grant.ts'
import type { GatewayTarget } from './gateway-path.ts'

/** `own`: only what this agent has written itself, according to the catalogue. */
export type Permission = 'yes' | 'own' | 'no'
export type GatewayMethod = 'GET' | 'HEAD' | 'POST' | 'DELETE'

/**
 * What a role may do with what, and nothing else: config and keys are read, four kinds of file added, own locks removed.
 * A writer needs the index, or it would store everything again; it needs neither packs nor the snapshots of others.
 */
export function permissionFor(role: GatewayRole, method: GatewayMethod, target: GatewayTarget): Permission {
  switch (target.kind) {
    case 'root':
      return 'no'
    case 'config':
      return isReading(method) ? 'yes' : 'no'
    case 'listing':
      if (method !== 'GET') return 'no'
      return role === 'append-only' ? 'yes' : readsWriteOnly[target.type]
    case 'file':
      return permissionForFile(role, method, target.file.type)
  }
}

type FileType = Extract<GatewayTarget, { kind: 'file' }>['file']['type']

const readsWriteOnly: Readonly<Record<FileType, Permission>> = {
  data: 'no',
  index: 'yes',
  key: 'yes',
  lock: 'yes',
  snapshot: 'own',
}

function permissionForFile(role: GatewayRole, method: GatewayMethod, type: FileType): Permission {
  switch (method) {
    // whether a name is there that the asker knows already: a writer asks before it sends
    case 'HEAD':
      return 'yes'
    case 'GET':
      return role === 'append-only' ? 'yes' : readsWriteOnly[type]
    case 'POST':
      return type === 'key' ? 'no' : 'yes'
    case 'DELETE':
      return type === 'lock' ? 'own' : 'no'
  }
}

function isReading(method: GatewayMethod): boolean {
  return method === 'GET' || method === 'HEAD'
}
