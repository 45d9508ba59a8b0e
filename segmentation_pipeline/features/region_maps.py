"""Regions of the shop's own making: what ``features.region_maps`` of ``pipeline.yaml`` says of country, region and city."""

from __future__ import annotations

from functools import reduce

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config, Region
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.family import Family, Feature, Inputs

LISTS = {"countries": "country", "regions": "region", "cities": "city"}
"""What a region may list, and the customer's attribute that is looked up in it."""


def attributes_used(regions: tuple[Region, ...]) -> tuple[str, ...]:
    """The customers' attributes a map looks at."""
    return tuple(column for listed, column in LISTS.items() if any(getattr(region, listed) for region in regions))


def _features(config: Config) -> tuple[Feature, ...]:
    return tuple(
        Feature(
            Column(
                name,
                Type.TEXT,
                f"Where the customer lives, by the map {name} of pipeline.yaml.",
                null_means="not known where, or in none of the map's regions",
                allowed=tuple(dict.fromkeys(region.name for region in regions)),
            ),
            tuple(f"customers.{column}" for column in attributes_used(regions)),
        )
        for name, regions in config.pipeline.features.region_maps.items()
    )


def _build(inputs: Inputs) -> ir.Table:
    customers = inputs.customers
    assert customers is not None
    maps = inputs.config.pipeline.features.region_maps
    return customers.select("customer_id", **{name: _region_of(customers, regions) for name, regions in maps.items()})


def _region_of(customers: ir.Table, regions: tuple[Region, ...]) -> ir.Value:
    return ibis.cases(*((_belongs(customers, region), region.name) for region in regions), else_=ibis.null("string"))


def _belongs(customers: ir.Table, region: Region) -> ir.BooleanValue:
    """Whether a customer fits every list the region gives, whatever the case of letters."""
    fits = [
        customers[column].lower().isin([value.strip().lower() for value in values])
        for listed, column in LISTS.items()
        if (values := getattr(region, listed))
    ]
    return reduce(ir.BooleanValue.__and__, fits)


def _off(config: Config) -> str | None:
    if not config.pipeline.features.region_maps:
        return "features.region_maps in pipeline.yaml has no map"
    return None if config.has("customers") else "source 'customers' is not configured"


REGION_MAPS = Family(
    name="region maps",
    description="Regions of the shop's own making, such as sales regions and climate zones.",
    features=_features,
    build=_build,
    off=_off,
    is_behaviour=False,
)
