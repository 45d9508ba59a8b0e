#!/usr/bin/env bash
# The clients of BI tools that the tests read the published file with, each in a folder of its own under .bi_clients: several
# are other versions of what the project itself needs. What cannot be fetched, or needs a program that is not there, is left out and
# said; its tests are skipped with that reason.
set -uo pipefail
cd "$(dirname "$0")/.."
python="${1:-python3}"
clients=.bi_clients

# Makes a folder by a command, given the folder's name to fill; a folder that is there is whole.
client() {
  local folder="$clients/$1" part="$clients/.$1.part"
  shift
  [ -d "$folder" ] && return
  rm -rf "$part" && mkdir -p "$part"
  if "$@" "$part" >"$part.log" 2>&1; then
    mv "$part" "$folder"
  else
    echo "left out: $folder, see $part.log" >&2
  fi
}

packages() { "$python" -m pip install --quiet --retries 1 --timeout 15 --no-deps --target "${*: -1}" "${@:1:$#-1}"; }

# Without its scripts, which would fetch a program that the compiler does not need from elsewhere than the registry.
cube() {
  npm install --fetch-retries=1 --fetch-timeout=30000 --prefix "$1" --ignore-scripts --no-audit --no-fund --no-save \
    @cubejs-backend/schema-compiler@1.7.43 @cubejs-backend/duckdb-driver@1.7.43
}

client duckdb-1.0.0 packages duckdb==1.0.0
client duckdb-2.0.1 packages duckdb==2.0.1
client sqlalchemy-1.4.54 packages sqlalchemy==1.4.54
client sqlalchemy-2.0.44 packages sqlalchemy==2.0.44
client polars-2.1.0 packages polars==2.1.0 polars-runtime-32==2.1.0
client cube-1.7.43 cube
exit 0
