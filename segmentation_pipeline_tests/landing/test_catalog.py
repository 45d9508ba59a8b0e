"""Kinds of landings are declared whole, and every source that lands is one kind's."""

from __future__ import annotations

import inspect

import pytest

from segmentation_pipeline.landing.catalog import LANDINGS, landing_of, source_model
from segmentation_pipeline.landing.database import DatabaseLanding
from segmentation_pipeline.landing.objects import ObjectLanding


def test_every_kind_has_a_key_of_its_own_and_is_described() -> None:
    keys = [kind.key for kind in LANDINGS if kind.key]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= source_model().model_fields.keys()
    for kind in LANDINGS:
        assert kind.what and kind.badges
        assert (kind.key is None) == (kind.origin is None)
        assert not inspect.isabstract(kind)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ({"database": {"url_env": "URL", "table": "orders"}}, DatabaseLanding),
        ({"files": ["orders.csv", "s3://shop/*.csv"]}, ObjectLanding),
    ],
)
def test_a_source_is_fetched_by_the_kind_whose_key_it_has(source: dict[str, object], kind: type) -> None:
    made = source_model().model_validate(source)
    assert made.lands and isinstance(landing_of("orders", made), kind)


def test_what_makes_a_source_another_one_is_told_as_it_always_was() -> None:
    """Deliveries are compared only with those of the same source: a new kind of landing must not make every source another."""
    assert source_model().model_validate({"files": "o.csv"}).whence == {"files": "o.csv", "database": None, "derive_from": None}


def test_a_source_of_a_sample_is_fetched_from_nowhere() -> None:
    made = source_model().model_validate({"database": {"url_env": "URL", "table": "orders"}})
    assert not made.read_from(("sample.parquet",)).lands
