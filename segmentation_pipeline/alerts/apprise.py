"""Alerts by Apprise, which speaks to a hundred services: Teams, Telegram, PagerDuty, ntfy and others."""

from __future__ import annotations

from segmentation_pipeline.alerts.alert import Alert
from segmentation_pipeline.alerts.channel import Channel
from segmentation_pipeline.config.schema.alerts import ChannelConfig
from segmentation_pipeline.config.schema.origins import EnvName
from segmentation_pipeline.connections.apprise import notify, services


class AppriseAlertsConfig(ChannelConfig):
    """Sent to each of the addresses in the variable ``urls_env``, with blanks between them, as Apprise writes them."""

    urls_env: EnvName


class AppriseAlerts(Channel[AppriseAlertsConfig]):
    name = "apprise"
    config = AppriseAlertsConfig

    def connection_test(self) -> str:
        return f"would tell {services(self.place, self._urls())}; nothing was sent"

    def send(self, alert: Alert) -> None:
        notify(self.place, self._urls(), alert.title, "\n".join(alert.lines))

    def _urls(self) -> str:
        return self.place.variable(self.settings.urls_env, "urls_env")
