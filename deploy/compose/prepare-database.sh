#!/bin/sh
# Runs once, when the sample's database is made: the role that Holdfast uses, and something to protect.
set -eu
password=$(cat /run/secrets/backup-role-password)
psql --set ON_ERROR_STOP=1 --username postgres --dbname shop --set password="$password" <<'SQL'
CREATE ROLE backup LOGIN REPLICATION PASSWORD :'password';
GRANT pg_read_all_data, pg_checkpoint TO backup;
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, placed timestamptz NOT NULL DEFAULT now());
INSERT INTO orders SELECT FROM generate_series(1, 1000);
SQL
echo 'host replication backup samenet scram-sha-256' >> "$PGDATA/pg_hba.conf"
