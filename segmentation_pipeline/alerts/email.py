"""Alerts by e-mail."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Annotated, Literal

from pydantic import Field

from segmentation_pipeline.alerts.alert import Alert
from segmentation_pipeline.alerts.channel import Channel
from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema.alerts import ChannelConfig
from segmentation_pipeline.config.schema.origins import EnvName
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.connections.smtp import SmtpServer, connected

Address = Annotated[str, Field(pattern=r"^[^@\s,;<>\"]+@[^@\s,;<>\"]+$", description="an address such as crm@example.com")]


class EmailAlertsConfig(ChannelConfig):
    """Sent from ``sender`` to each of ``to`` by the server ``host``, at the ``port`` that is usual for its ``security``
    unless one is given: encrypted from its first word with ``tls``, after it has answered with ``starttls``, never with ``none``.
    User and password are in the variables ``user_env`` and ``password_env``."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Address
    to: Annotated[tuple[Address, ...], Field(min_length=1)]
    user_env: EnvName | None = None
    password_env: EnvName | None = None


class EmailAlerts(Channel[EmailAlertsConfig]):
    name = "email"
    config = EmailAlertsConfig

    def connection_test(self) -> str:
        with connected(self.place, self._server()):
            return f"{self.settings.host} answers; nothing was sent"

    def send(self, alert: Alert) -> None:
        message = EmailMessage()
        message["Subject"] = " ".join(alert.title.split())
        message["From"] = self.settings.sender
        message["To"] = ", ".join(self.settings.to)
        message["Message-ID"] = f"<{alert.sent_as.replace(':', '.')}@{self.settings.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(alert.text + "\n")
        with connected(self.place, self._server()) as server:
            server.send(message)

    def problems(self, file: YamlFile) -> Iterator[Diagnostic]:
        settings, place = self.settings, ("alerts", self.name)
        if (settings.user_env is None) != (settings.password_env is None):
            found, expected = "one of user_env and password_env", "both, or neither where the server asks for none"
            yield file.problem(place, found, expected)
        elif settings.password_env and settings.security == "none":
            found = "a password that anybody on the way could read"
            yield file.problem((*place, "security"), found, "'starttls' or 'tls'")

    def _server(self) -> SmtpServer:
        settings = self.settings
        login = None
        if settings.user_env and settings.password_env:
            user = self.place.variable(settings.user_env, "user_env")
            login = user, self.place.variable(settings.password_env, "password_env")
        return SmtpServer(settings.host, settings.port, settings.security, login)
