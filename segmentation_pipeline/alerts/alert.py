"""What is told: one event of one project, in a title and a few sentences, with a key by which it is told once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from segmentation_pipeline.config.schema.alerts import EVENTS, Event

TEST = "test"
"""What a person asks for to see whether alerts arrive."""
_MOST_LINES, _LONGEST = 12, 600
_EXAMPLE = ", for example "
"""How the example of a check's message begins, which ends it."""


@dataclass(frozen=True, slots=True)
class Alert:
    """``key`` is the same for the same event, however often it is seen; ``as_of`` is the day it is about, as YYYY-MM-DD."""

    event: str
    key: str
    title: str
    lines: tuple[str, ...]
    project: str
    as_of: str | None = None
    run_id: str | None = None

    @property
    def sent_as(self) -> str:
        """What a receiver knows a copy by: the key, of this project."""
        return f"{self.key}:{hashlib.sha256(self.project.encode()).hexdigest()[:8]}"

    @property
    def text(self) -> str:
        return "\n".join((self.title, *self.lines))

    @property
    def details(self) -> dict[str, object]:
        """The alert for programs."""
        return {**asdict(self), "text": self.text}

    @classmethod
    def stored(cls, row: Mapping[str, Any]) -> Alert:
        """What ``asdict`` made of an alert, as it comes back from a file."""
        return cls(**{**row, "lines": tuple(row["lines"])})


def told(lines: Sequence[str]) -> tuple[str, ...]:
    """Sentences on a line each, without signs that a screen or a mail obeys, not too many and not too long.

    Examples, which may name a customer by key, stay in the house.

    >>> told(["1 of 9 rows fail, for example o.csv row 3 (order_id 7)\\ntwo", "two", "\\x1b[31mthree"])
    ('1 of 9 rows fail', 'two', '[31mthree')
    """
    once = list(dict.fromkeys(_plain(line.partition(_EXAMPLE)[0]) for text in lines for line in text.splitlines()))
    more = (f"and {len(once) - _MOST_LINES} more",) if len(once) > _MOST_LINES else ()
    return (*once[:_MOST_LINES], *more)


def _plain(line: str) -> str:
    text = "".join(sign for sign in " ".join(line.split()) if sign.isprintable())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def is_wanted(alert: Alert, events: Sequence[Event]) -> bool:
    """Whether a project with these ``events`` is told; a test always is."""
    return alert.event not in EVENTS or alert.event in events
