import type { ServiceKind } from './workload-kind.ts'

/** Something that keeps data, and whether the configuration protects it. */
export interface DiscoveredService {
  readonly kind: ServiceKind
  /** a name a source could have */
  readonly name: string
  readonly found: ServicePlace
  /** the source that protects it */
  readonly protectedBy?: string
}

export type ServicePlace =
  | { readonly type: 'port'; readonly host: string; readonly port: number; readonly program?: string }
  | { readonly type: 'socket'; readonly directory: string; readonly port: number }
  | {
      readonly type: 'compose'
      readonly file: string
      readonly service: string
      readonly image: string
      /** published on this machine */
      readonly port?: number
    }
  | { readonly type: 'container'; readonly container: string; readonly image: string; readonly port?: number }

export interface DiscoveredVolume {
  readonly name: string
  /** who uses it: services or containers */
  readonly usedBy: readonly string[]
  /** where its files are seen on this machine, when an engine says so */
  readonly directory?: string
  /** Compose file that declares it */
  readonly file?: string
  /** of a database, which is backed up by its server and not by its files */
  readonly holds?: ServiceKind
  readonly protectedBy?: string
}

export type HazardKind = 'no-volume' | 'bind-mount' | 'anonymous-volume' | 'down-v' | 'unprotected-volume'

/** A set-up that loses data, or makes backups that cannot be restored. */
export interface Hazard {
  readonly kind: HazardKind
  readonly severity: 'info' | 'warning' | 'critical'
  /** "service db of /srv/shop/compose.yaml" */
  readonly subject: string
  /** lower case, without full stop */
  readonly message: string
  /** imperative */
  readonly advice: string
}

export interface Discovery {
  readonly services: readonly DiscoveredService[]
  readonly volumes: readonly DiscoveredVolume[]
  readonly hazards: readonly Hazard[]
  /** what could not be looked at, and why */
  readonly gaps: readonly string[]
}
