/** A kind of service that holds data, and how it is recognised from outside. */
export interface WorkloadKind {
  readonly kind: ServiceKind
  /** names of its processes */
  readonly programs: readonly string[]
  readonly port: number
  /** last parts of the names of its images */
  readonly images: readonly string[]
  /** where the images keep their data */
  readonly dataPaths: readonly string[]
}

export type ServiceKind = 'postgresql' | 'mysql' | 'mongodb' | 'redis' | 'elasticsearch'

const kinds: readonly WorkloadKind[] = [
  {
    kind: 'postgresql',
    programs: ['postgres', 'postmaster'],
    port: 5432,
    images: ['postgres', 'postgresql', 'postgis', 'timescaledb', 'timescaledb-ha', 'pgvector'],
    dataPaths: ['/var/lib/postgresql', '/var/lib/postgresql/data', '/bitnami/postgresql', '/home/postgres/pgdata'],
  },
  {
    kind: 'mysql',
    programs: ['mysqld', 'mariadbd'],
    port: 3306,
    images: ['mysql', 'mariadb', 'mysql-server', 'percona', 'percona-server'],
    dataPaths: ['/var/lib/mysql', '/bitnami/mysql', '/bitnami/mariadb'],
  },
  {
    kind: 'mongodb',
    programs: ['mongod'],
    port: 27_017,
    images: ['mongo', 'mongodb', 'mongodb-community-server'],
    dataPaths: ['/data/db', '/bitnami/mongodb'],
  },
  {
    kind: 'redis',
    programs: ['redis-server', 'valkey-server', 'keydb-server'],
    port: 6379,
    images: ['redis', 'valkey', 'redis-stack', 'redis-stack-server', 'keydb'],
    dataPaths: ['/data', '/bitnami/redis/data', '/bitnami/valkey/data'],
  },
  {
    kind: 'elasticsearch',
    programs: [],
    port: 9200,
    images: ['elasticsearch', 'opensearch'],
    dataPaths: ['/usr/share/elasticsearch/data', '/usr/share/opensearch/data', '/bitnami/elasticsearch/data'],
  },
]

/** "docker.io/library/postgres:17-alpine@sha256:…" → postgresql; undefined for images that hold no data known here. */
export function kindOfImage(image: string): WorkloadKind | undefined {
  const name = (image.split('@')[0] ?? '').split('/').at(-1)?.split(':')[0] ?? ''
  return kinds.find(({ images }) => images.includes(name.toLowerCase()))
}

/** By the name of its process, else by its port. A process that is known to be something else is not taken for it. */
export function kindOfListener(program: string | undefined, port: number): WorkloadKind | undefined {
  if (program !== undefined) return kinds.find(({ programs }) => programs.includes(program))
  return kinds.find((each) => each.port === port)
}
