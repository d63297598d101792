#!/bin/sh
# Makes the passwords of the sample, and a file to protect. What is there already stays.
set -eu
cd "$(dirname "$0")"
# Nobody else on this machine reaches the files; in the containers other users read them.
mkdir -p -m 0700 secrets
for name in database-password backup-role-password repository-password; do
  [ -s "secrets/$name" ] || (umask 022 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "secrets/$name")
done
mkdir -p uploads
[ -e uploads/first.txt ] || echo 'A file that Holdfast protects.' > uploads/first.txt
echo 'Keep a copy of secrets/repository-password elsewhere: without it nobody can read the backups.'
