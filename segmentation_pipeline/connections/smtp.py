"""A mail server spoken to: encrypted, with its certificate checked, and failures in words that hold no secret."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from segmentation_pipeline.connections.place import Place

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """``security`` is ``starttls``, ``tls`` or ``none``; ``login`` are user and password; a port left out is the usual one."""

    host: str
    port: int | None
    security: str
    login: tuple[str, str] | None = field(repr=False)


class Mailer:
    """An open connection to a mail server."""

    def __init__(self, client: smtplib.SMTP, place: Place) -> None:
        self._client, self._place = client, place

    def send(self, message: EmailMessage) -> None:
        """Hand over a message for all its addresses.

        Raises ``ConnectionProblem`` where all of them are refused, and ``PartlyDone`` where some are.
        """
        try:
            refused, is_partly = self._client.send_message(message), True
        except smtplib.SMTPRecipientsRefused as error:
            refused, is_partly = error.recipients, False
        if refused:
            codes = ", ".join(sorted({str(code) for code, _ in refused.values()}))
            told = f"the mail server refused {len(refused)} of the addresses ({codes}). Correct {self._place.key}.to."
            raise self._place.partly(told) if is_partly else self._place.problem(told)


@contextmanager
def connected(place: Place, server: SmtpServer) -> Iterator[Mailer]:
    """A connection to ``server``, logged in where it is to be.  Raises ``ConnectionProblem``."""
    port = server.port or _PORTS[server.security]
    where = f"{server.host}:{port}"
    try:
        with _client(server, port) as client:
            if server.security == "starttls":
                client.starttls(context=ssl.create_default_context())
            if server.login:
                client.login(*server.login)
            yield Mailer(client, place)
    except smtplib.SMTPAuthenticationError:
        raise place.problem(f"{where} refuses user and password. Correct the environment variables.") from None
    except smtplib.SMTPNotSupportedError:
        raise place.problem(f"{where} offers no encryption or no login. Correct {place.key}.security.") from None
    except smtplib.SMTPResponseException as error:
        raise place.problem(f"{where} answered {error.smtp_code}. Is {place.key}.sender allowed to send there?") from None
    except UnicodeError:
        raise place.problem(f"{where}, user or password has letters that the protocol does not take.") from None
    except (ssl.SSLError, smtplib.SMTPException, OSError) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise place.problem(f"{where} cannot be used: {why}.") from None


def _client(server: SmtpServer, port: int) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, port, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(server.host, port, timeout=_TIMEOUT_SECONDS)
