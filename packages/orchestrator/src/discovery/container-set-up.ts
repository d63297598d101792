/** What is known of one container, from a Compose file or from an engine. */
export interface ContainerSetUp {
  /** "service db of /srv/shop/compose.yaml", "container shop-db-1" */
  readonly subject: string
  /** service or container */
  readonly name: string
  readonly image: string
  readonly file?: string
  /** "<file>#<service>" of the Compose file that a container was made from */
  readonly madeFrom?: string
  readonly mounts: readonly ContainerMount[]
  /** container's port → port of this machine */
  readonly ports: ReadonlyMap<number, number>
}

export interface ContainerMount {
  readonly type: 'volume' | 'anonymous' | 'bind' | 'tmpfs'
  /** within the container */
  readonly target: string
  /** name of the volume, or path on this machine */
  readonly source: string
  /** made and removed by others than this Compose file */
  readonly isExternal?: boolean
}
