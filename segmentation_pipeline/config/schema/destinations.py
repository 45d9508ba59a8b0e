"""``destinations`` of ``pipeline.yaml``: where finished tables are brought after publication.

Belongs here: what every destination may be told.  Does not belong here: any particular kind; each brings its own keys
from its file in ``destinations/``, and whoever loads a project puts them together.
"""

from __future__ import annotations

from segmentation_pipeline.config.schema.base import Model


class DestinationConfig(Model):
    """What every kind of destination is told: the published ``tables`` to bring (left out: all)."""

    tables: tuple[str, ...] | None = None


class DestinationsConfig(Model):
    """A key for each kind of destination there is; none of them need be given."""

    @property
    def configured(self) -> dict[str, DestinationConfig]:
        """What is told of each destination that is wanted, by kind."""
        wanted = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: settings for name, settings in wanted.items() if settings is not None}
