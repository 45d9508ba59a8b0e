"""One line of the examination."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """``warning``: runs come through, and something is not as it is meant; ``error``: a run would fail, or data lies open."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it stands, and what to do where it does not stand well."""

    name: str
    level: Level
    told: str
    cure: str = ""


def ok(name: str, told: str) -> Finding:
    return Finding(name, Level.OK, told)


def warning(name: str, told: str, cure: str) -> Finding:
    return Finding(name, Level.WARNING, told, cure)


def error(name: str, told: str, cure: str) -> Finding:
    return Finding(name, Level.ERROR, told, cure)


def size(number: float) -> str:
    """Bytes as people say them.

    >>> size(1_400_000_000), size(86_000_000), size(413)
    ('1.4 GB', '86 MB', '0.4 kB')
    """
    for unit, length in (("GB", 1e9), ("MB", 1e6)):
        if number >= length:
            return f"{number / length:,.{1 if number < 10 * length else 0}f} {unit}"
    return f"{number / 1e3:,.1f} kB"


def age(seconds: float) -> str:
    """A duration in its largest unit.

    >>> age(90), age(7300), age(200_000)
    ('1 minute', '2 hours', '2 days')
    """
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "less than a minute"
