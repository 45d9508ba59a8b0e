#!/usr/bin/env bash
# What the tests need beside Python: PostgreSQL's server programs. Finds them, or as root installs Debian's package.
# Nothing is started here: each test session starts a server of its own on loopback. Quick when all is there.
set -euo pipefail

have_postgres() {
  compgen -G '/usr/lib/postgresql/*/bin/initdb' > /dev/null || command -v initdb > /dev/null
}

if have_postgres; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
  echo "The tests need PostgreSQL's server programs (initdb, pg_ctl). Install them, for example:" >&2
  echo "  Debian, Ubuntu:  sudo apt-get install postgresql     macOS:  brew install postgresql" >&2
  exit 1
fi

install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null; }
apt-get update -qq
# Debian would make and start a cluster of its own, which the tests do not want: told before the server comes.
install postgresql-common
sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
install postgresql
have_postgres || { echo "PostgreSQL was installed, but initdb is in neither PATH nor /usr/lib/postgresql" >&2; exit 1; }
