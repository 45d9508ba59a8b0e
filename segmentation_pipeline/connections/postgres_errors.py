"""What PostgreSQL and its driver say when something fails, in the words of a person and without secrets."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

_SAID = re.compile(r"(?:ERROR|FATAL):\s+(.*)")
_BY_STATE = {
    "42P01": "{said}. Correct the table's name, or let the user see it",
    "3F000": "{said}. Correct the schema's name",
    "42703": "{said}. Correct the column's name",
    "42501": "{said}. GRANT the user of {variable} what it needs",
    "25006": "{said}. Sources are only ever read",
    "2BP01": "{said}: other objects such as views depend on a table whose columns changed. Drop them, run again, make them anew",
    "42601": "{said}. Correct the SQL",
}


def in_words(error: Exception, url: str, variable: str) -> str:
    """One line that says what is wrong and what to do about it.

    ``variable`` is the environment variable with the URL, and its place in the configuration.
    """
    text = without_secrets(str(error), url)
    found = _SAID.search(text)
    said = found.group(1).strip() if found else text.strip().splitlines()[0].removeprefix("IO: [libpq] ")
    if "Failed to connect" in text:
        return _no_connection(text, said, url, variable)
    state = str(getattr(error, "sqlstate", None) or "")
    return _BY_STATE.get(state, "the database says: {said}").format(said=said, variable=variable) + "."


def without_secrets(text: str, url: str) -> str:
    """``text`` without the URL and its password, however it is spelt.

    >>> without_secrets('invalid token "p%40ss"', "postgresql://me:p%40ss@host/db")
    'invalid token "***"'
    """
    secrets = {url}
    try:
        parts = urlsplit(url)
    except ValueError:
        pass  # no URL at all: nothing but the whole can be told apart
    else:
        given = [parts.password, *(value for name, value in parse_qsl(parts.query) if "password" in name)]
        secrets |= {spelt for password in given if password for spelt in (password, unquote(password))}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _no_connection(text: str, said: str, url: str, variable: str) -> str:
    parts = urlsplit(url)
    server = f"the PostgreSQL server {parts.hostname}:{parts.port or 5432}"
    if "authentication failed" in text or "no password supplied" in text:
        return f"{server} refuses user '{parts.username}' or its password. Correct {variable}."
    if 'database "' in text and "does not exist" in text:
        return f"{server} has no database '{parts.path.removeprefix('/')}'. Correct {variable}."
    if "translate host name" in text:
        return f"{server} cannot be found: no such host. Correct {variable}."
    if re.search(r"refused|timeout|timed out|No route|unreachable|closed the connection", text):
        reason = "connection refused" if "refused" in text else "no answer"
        return f"{server} cannot be reached ({reason}). Is it up, and do host and port in {variable} name it?"
    return f"{server} cannot be connected to: {said.removeprefix('Failed to connect: ')}. Correct {variable}."
