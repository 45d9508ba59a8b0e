"""May the region maps of ``pipeline.yaml`` be columns, and may they look at what they look at?"""

from __future__ import annotations

from collections.abc import Iterator

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.contracts.scores import SCORES
from segmentation_pipeline.features.catalog import FAMILIES
from segmentation_pipeline.features.region_maps import LISTS, REGION_MAPS


def region_problems(config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Maps named like another column, and lists of attributes the privacy configuration keeps out."""
    features = [feature for family in FAMILIES if family is not REGION_MAPS for feature in family.features(config)]
    taken = {"customer_id", *(feature.column.name for feature in features), *(column.name for column in SCORES)}
    for name, regions in config.pipeline.features.region_maps.items():
        place = ("features", "region_maps", name)
        if name in taken:
            yield file.problem(place, f"'{name}', which is a column already", "a name of its own", f"for example '{name}_map'")
        for position, region in enumerate(regions):
            for listed, attribute in LISTS.items():
                if getattr(region, listed) and attribute not in config.privacy.attributes:
                    found = f"a list of {listed}, but privacy.yaml keeps the attribute '{attribute}' out"
                    hint = f"add it to privacy.yaml, attributes: {attribute}"
                    yield file.problem((*place, position, listed), found, "lists of allowed attributes", hint)
