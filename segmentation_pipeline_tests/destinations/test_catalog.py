"""Kinds of destinations are declared whole, so that everything that lists them has what it needs."""

from __future__ import annotations

import inspect

from segmentation_pipeline.config.field_docs import FieldDoc
from segmentation_pipeline.destinations.catalog import DESTINATIONS, pipeline_model


def test_every_kind_is_found_by_its_own_name_and_described() -> None:
    names = [kind.name for kind in DESTINATIONS]
    assert len(set(names)) == len(names)
    assert list(FieldDoc(pipeline_model().model_fields["destinations"].annotation).fields) == names
    for kind in DESTINATIONS:
        assert kind.description.endswith(".") and kind.badges
        assert not inspect.isabstract(kind)


def test_every_key_is_described_where_its_model_is() -> None:
    for kind in DESTINATIONS:
        text = kind.config.__doc__ or ""
        assert [key for key in FieldDoc(kind.config).fields if f"``{key}" not in text] == [], kind.name
