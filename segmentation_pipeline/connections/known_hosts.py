"""Whose SFTP server this is: known beforehand, never taken on trust.

fsspec accepts any host key by default, so whoever stands between would get the lists.  Imports paramiko.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import paramiko

USERS_OWN = "~/.ssh/known_hosts"


class KnownHosts(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """Lets a connection go on when the host's key is in a file of known hosts, as OpenSSH keeps it."""

    def __init__(self, file: str | None) -> None:
        """``file`` left out: the user's own, ``~/.ssh/known_hosts``."""
        self._file = Path(file or USERS_OWN).expanduser()

    def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
        """Raises ``paramiko.SSHException`` with the cure for a host that is not known by this key."""
        known = paramiko.HostKeys(str(self._file)) if self._file.is_file() else paramiko.HostKeys()
        if not known.check(hostname, key):
            what = "is known by another key than" if known.lookup(hostname) else "is not known, and has"
            raise paramiko.SSHException(
                f"{hostname} {what} {key.get_name()} {key.fingerprint}. When whoever runs the server confirms this key, add it "
                f"to {self._file}, for example with ssh-keyscan; storage_options.known_hosts names another file"
            )
