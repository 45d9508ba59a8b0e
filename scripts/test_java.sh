#!/usr/bin/env bash
# The tests of the Spark engine need a Java 17 runtime: install it where that can be done, else say how.
set -euo pipefail

java_major() { "$1" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p'; }

for java in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)"; do
  if [ -n "$java" ] && [ -x "$java" ] && [ "$(java_major "$java" || true)" -ge 17 ] 2>/dev/null; then
    exit 0
  fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get install --yes --no-install-recommends openjdk-17-jre-headless >/dev/null 2>&1 || {
    apt-get update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends openjdk-17-jre-headless >/dev/null
  }
  exit 0
fi

echo "The tests run the pipeline on Spark too, which needs Java 17 or newer, and there is none here." >&2
echo "Install one (Debian: sudo apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17) or set JAVA_HOME." >&2
exit 1
