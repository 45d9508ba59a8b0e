"""Alerts as JSON to a web address: a chat's incoming webhook, a pager, a program of one's own."""

from __future__ import annotations

import json
from typing import Literal

from segmentation_pipeline.alerts.alert import Alert
from segmentation_pipeline.alerts.channel import Channel
from segmentation_pipeline.config.schema.alerts import ChannelConfig
from segmentation_pipeline.config.schema.origins import EnvName
from segmentation_pipeline.connections.webhook import host_of, post, signature

_NO_LINKS = str.maketrans("<>", "\u2039\u203a")
"""Between angle brackets a chat reads links and calls of everybody."""


class WebhookAlertsConfig(ChannelConfig):
    """Posted to the address in the variable ``url_env``, signed with the secret in ``secret_env`` where given.  ``form`` is
    ``details``, every part of the alert, or ``text``, what Slack, Mattermost, Teams and Google Chat take."""

    url_env: EnvName
    secret_env: EnvName | None = None
    form: Literal["details", "text"] = "details"


class WebhookAlerts(Channel[WebhookAlertsConfig]):
    name = "webhook"
    config = WebhookAlertsConfig

    def connection_test(self) -> str:
        self._secret()
        return f"would post to {host_of(self._url())}; nothing was posted"

    def send(self, alert: Alert) -> None:
        told = alert.details if self.settings.form == "details" else {"text": alert.text.translate(_NO_LINKS)}
        body = json.dumps(told, sort_keys=True, ensure_ascii=False).encode()
        secret = self._secret()
        signed = {"X-Signature-256": signature(secret, body)} if secret else {}
        post(self.place, self._url(), body, {"Idempotency-Key": alert.sent_as, **signed})

    def _url(self) -> str:
        return self.place.variable(self.settings.url_env, "url_env")

    def _secret(self) -> str | None:
        return self.place.variable(self.settings.secret_env, "secret_env") if self.settings.secret_env else None
