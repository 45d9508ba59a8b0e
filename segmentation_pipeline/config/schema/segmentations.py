"""``segmentations.yaml``: what may be said of any segmentation, and what the configuration asks of one, whatever its kind.

Does not belong here: the kinds.  Each is one file of ``segmentations/kinds``, keys and computing together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from segmentation_pipeline.config.schema.base import MOST, Labelled, Name, RuleText


class RuleSegment(Labelled):
    """The segment ``name`` of those for whom the rule ``when`` holds; ``description`` is shown with it."""

    name: Name
    when: RuleText
    description: str = ""


@dataclass(frozen=True, slots=True)
class Cross:
    """Segments that are combinations of one segment each of the segmentations ``of``; small ones are in ``other``."""

    of: tuple[str, ...]
    other: str


class Segmentation(Labelled, ABC):
    """A way of dividing the customers.  Its ``kind`` adds the keys of its own, and answers what is asked here.

    ``title``, ``description`` and ``owner`` are shown wherever it is.  There is a warning about segments of fewer than
    ``min_size`` customers; some kinds put these together.
    """

    title: str
    description: str = ""
    owner: str = "team:crm"
    min_size: Annotated[int, Field(ge=0, le=MOST)] = 0
    kind: str

    @property
    def is_exclusive(self) -> bool:
        """Whether a customer is in at most one of the segments; only segments given by rules may overlap."""
        return True

    @property
    def cross(self) -> Cross | None:
        """Of which segmentations its segments are combinations; None when they are not."""
        return None

    def rules(self) -> tuple[RuleSegment, ...]:
        """The segments that are given by rules, in order; none for kinds without rules."""
        return ()

    def labelled(self) -> tuple[tuple[str, Labelled], ...]:
        """The segments that the configuration names under ``segments`` and that may be renamed there, in order."""
        return ()

    @abstractmethod
    def segment_names(self, others: Mapping[str, Segmentation]) -> tuple[str, ...]:
        """The names of its segments; empty when only the data tells.  ``others`` are all segmentations."""

    def segment_keys(self, others: Mapping[str, Segmentation]) -> dict[str, str]:
        """The key of every segment that may have one other than its name."""
        return {segment: labelled.key_under(segment) for segment, labelled in self.labelled()}
