"""A real PostgreSQL server for tests: Debian's binaries, loopback, a data folder that is thrown away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adbc_driver_postgresql import dbapi

PASSWORD = "only-for-tests%"
_ACCOUNT = "postgres"
_INSTALL = "Install PostgreSQL, for example by scripts/test_services.sh (Debian: apt-get install postgresql)."


@dataclass(frozen=True)
class PostgresServer:
    port: int
    _connections: dict[str, dbapi.Connection] = field(default_factory=dict)

    def url(self, database: str = "postgres", *, user: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{password.replace('%', '%25')}@127.0.0.1:{self.port}/{database}"

    def run(self, database: str, *statements: str) -> None:
        with self._connection(database).cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, database: str, query: str) -> list[tuple]:
        with self._connection(database).cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _connection(self, database: str) -> dbapi.Connection:
        """One for all tests: connecting takes a tenth of a second."""
        if database not in self._connections:
            self._connections[database] = dbapi.connect(self.url(database), autocommit=True)
        return self._connections[database]


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server from here to the end of the block.  Fails, never skips, when PostgreSQL is not installed."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="postgres_"))
    data, password = folder / "data", folder / "password"
    password.write_text(PASSWORD)
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, _ACCOUNT)
        shutil.chown(password, _ACCOUNT)
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c full_page_writes=off"
    try:
        _run(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
        _run(binaries / "pg_ctl", "-D", data, "-o", options, "-l", data / "log", "-w", "start")
        try:
            server = PostgresServer(port)
            yield server
            server.close()
        finally:
            _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise RuntimeError(f"PostgreSQL's initdb is not installed. {_INSTALL}")
    return found[-1].parent if found else Path(str(on_path)).parent


def _run(*command: object) -> None:
    account = ["runuser", "-u", _ACCOUNT, "--"] if os.geteuid() == 0 else []
    # Output to a file: the server inherits it and would hold a pipe open for ever.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run([*account, *map(str, command)], stdout=said, stderr=said, cwd="/", check=False)
        said.seek(0)
        assert done.returncode == 0, said.read()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
