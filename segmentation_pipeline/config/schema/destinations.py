"""``destinations`` of ``pipeline.yaml``: where finished tables are brought after publication."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from segmentation_pipeline.config.schema.base import Model
from segmentation_pipeline.config.schema.origins import EnvName, StorageOptions


class PostgresDestination(Model):
    """Published tables (``tables`` left out: all) in ``schema`` of a PostgreSQL database."""

    url_env: EnvName
    schema_name: Annotated[str, Field(alias="schema", pattern=r"^[a-z_][a-z0-9_]*$", description="a lower-case name of a schema")]
    tables: tuple[str, ...] | None = None


class ObjectStoreDestination(Model):
    """Published tables as Parquet under ``url``; the audience files, which hold contact data, only when asked for."""

    url: str
    storage_options: StorageOptions = Field(default_factory=dict)
    tables: tuple[str, ...] | None = None
    audiences: bool = False


class DestinationsConfig(Model):
    postgres: PostgresDestination | None = None
    object_store: ObjectStoreDestination | None = None
