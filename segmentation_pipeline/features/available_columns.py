"""What a configuration's rules and segmentations may name: the columns that are on, and why others are off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from segmentation_pipeline.config.diagnostics import did_you_mean, one_of
from segmentation_pipeline.config.schema import Config, PrivacyConfig
from segmentation_pipeline.contracts.columns import Column, Type

NUMERIC = (Type.INTEGER, Type.NUMBER, Type.MONEY)

ATTRIBUTES: tuple[str, ...] = get_args(get_args(PrivacyConfig.model_fields["attributes"].annotation)[0])
"""The personal attributes ``privacy.yaml`` may allow."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """``columns`` by name; ``unavailable`` gives the reason why a column is off."""

    columns: Mapping[str, Column]
    unavailable: Mapping[str, str]

    def without(self, reasons: Mapping[str, str]) -> Catalog:
        """The same with some columns off, and why."""
        columns = {name: column for name, column in self.columns.items() if name not in reasons}
        return Catalog(columns, {**self.unavailable, **reasons})

    def missing(self, name: str, types: tuple[Type, ...], what: str) -> tuple[str, str, str | None] | None:
        """Why ``name`` is no column of one of ``types``: found, expected, hint; None when it is one."""
        usable = [column.name for column in self.columns.values() if column.type in types]
        if name in usable:
            return None
        expected = one_of(usable, f"{what} column")
        if name in self.unavailable:
            return f"the column '{name}', which is not available: {self.unavailable[name]}", expected, None
        if name in self.columns:
            return f"the column '{name}', which is of type {self.columns[name].type}", f"a {what} column", None
        return f"the unknown column '{name}'", expected, did_you_mean(name, usable)


def forbidden_columns(config: Config) -> dict[str, str]:
    """The personal attributes that are off because the project does not allow them."""
    return {
        name: f"privacy.yaml does not allow it; add it to privacy.yaml, attributes: {name}"
        for name in ATTRIBUTES
        if name not in config.privacy.attributes
    }
