#!/bin/sh
# Makes the passwords and the certificate of the sample, and a file to protect. What is there already stays.
set -eu
cd "$(dirname "$0")"
command -v openssl > /dev/null || { echo 'prepare.sh: openssl is not installed; it makes the certificate' >&2; exit 1; }
# Nobody else on this machine reaches the files; in the containers other users read them.
mkdir -p -m 0700 secrets
umask 022
for name in database-password backup-role-password repository-password; do
  [ -s "secrets/$name" ] || openssl rand -hex 24 | tr -d '\n' > "secrets/$name"
done
# Signed by itself: browsers ask once. Agents are given it with --ca.
[ -s secrets/tls-key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 \
  -subj /CN=holdfast -addext subjectAltName=DNS:localhost,DNS:holdfast,IP:127.0.0.1 \
  -keyout secrets/tls-key -out secrets/tls-certificate 2> secrets/openssl.log || { cat secrets/openssl.log >&2; exit 1; }
chmod 0644 secrets/tls-key
mkdir -p uploads
[ -e uploads/first.txt ] || echo 'A file that Holdfast protects.' > uploads/first.txt
echo 'Keep a copy of secrets/repository-password elsewhere: without it nobody can read the backups.'
