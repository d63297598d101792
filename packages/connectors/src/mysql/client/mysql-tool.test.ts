import { expect, it } from 'vitest'
import { readToolVersion } from './mysql-tool.ts'

it.each([
  [
    '/usr/bin/mysqldump',
    'mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian-linux-gnu',
    'mariadb',
    '10.11.19',
  ],
  ['/usr/bin/mariadb-dump', 'mariadb-dump from 11.4.2-MariaDB, client 10.19 for Linux', 'mariadb', '11.4.2'],
  ['/usr/bin/mysqldump', 'mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server)', 'mysql', '8.0.36'],
  ['/usr/bin/mysqlbinlog', 'mysqlbinlog  Ver 9.7.0 for Linux on x86_64 (Debian)', 'mysql', '9.7.0'],
  ['/usr/bin/mariadb-binlog', 'mariadb-binlog Ver 3.5 for debian-linux-gnu at x86_64', 'mariadb', '3.5'],
])('tells the family of %s that says "%s"', (program, text, family, version) => {
  expect(readToolVersion(program, text)).toEqual({ program, family, version })
})
