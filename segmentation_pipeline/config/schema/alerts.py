"""``alerts`` of ``pipeline.yaml``: what is told of runs, and by which ways.

Belongs here: what every way shares.  Each kind of way brings its own keys from its file in ``alerts/``.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import Model

Event = Literal["run_failed", "check_failed", "publication_late", "new_warnings"]
EVENTS: tuple[Event, ...] = get_args(Event)


class ChannelConfig(Model):
    """What every way of telling is told; nothing so far."""


class AlertsConfig(Model):
    """``events`` are what is told of (left out: all): a run that failed, a check that stopped one, a publication that is not
    there ``late_after_hours`` after the nightly run was due, and warnings that the day before did not have."""

    events: tuple[Event, ...] = EVENTS
    late_after_hours: Annotated[int, Field(ge=1, le=168)] = 3

    @property
    def configured(self) -> dict[str, ChannelConfig]:
        """What is said of each way that is wanted, by kind."""
        kinds = type(self).model_fields.keys() - AlertsConfig.model_fields.keys()
        found = {name: getattr(self, name) for name in type(self).model_fields if name in kinds}
        return {name: settings for name, settings in found.items() if settings is not None}

    @model_validator(mode="after")
    def _tells_somebody(self) -> Self:
        if self.model_fields_set and not self.configured:
            raise ValueError("alerts that go nowhere tell nobody: give 'webhook', 'email' or 'apprise'")
        return self
