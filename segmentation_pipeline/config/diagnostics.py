"""How a mistake of the person who wrote the configuration is told: found, expected, nearest.

Belongs here: the wording every check shares.  Does not belong here: any particular check.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from segmentation_pipeline.errors import UserError

LONGEST_LIST = 24
"""Longer lists of allowed names are not printed in full; the nearest name helps more."""

LONGEST_FOUND = 80

_PASSWORD = re.compile(r"(?<=://)[^/\s]*(?=@)")
"""User and password of a URL that should not stand in a file, nor on a screen."""


@dataclass(frozen=True, slots=True)
class RuleDiagnostic:
    """One mistake inside a rule; ``position`` counts characters of the rule from 1."""

    found: str
    expected: str = ""
    suggestion: str | None = None
    position: int | None = None

    def __str__(self) -> str:
        where = f" (character {self.position})" if self.position else ""
        expected = f"; expected {self.expected}" if self.expected else ""
        suggestion = f"; {self.suggestion}" if self.suggestion else ""
        return f"{self.found}{where}{expected}{suggestion}"


class RuleError(UserError):
    """A rule that cannot be used.  ``mistakes`` lists everything wrong with it."""

    what = "rule"

    def __init__(self, text: str, mistakes: Iterable[RuleDiagnostic]) -> None:
        self.text = text
        self.mistakes = tuple(mistakes)
        super().__init__(f"{self.what} {shown(text)}: " + " | ".join(map(str, self.mistakes)))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake in a configuration file: where it stands, what was found, what is allowed.

    ``line`` counts from 1 and is None when the file is missing; ``key_path`` is empty when the
    whole file is meant; ``suggestion`` is a hint in words.
    """

    file: Path
    line: int | None
    key_path: str
    found: str
    expected: str = ""
    suggestion: str | None = None

    def __str__(self) -> str:
        where = f"{self.file.parent.name}/{self.file.name}" + (f":{self.line}" if self.line else "")
        lines = [f"{where}: {self.key_path}" if self.key_path else where, f"    found: {self.found}"]
        if self.expected:
            lines.append(f"    expected: {self.expected}")
        if self.suggestion:
            lines.append(f"    {self.suggestion}")
        return "\n".join(lines)

    @property
    def on_one_line(self) -> str:
        """Place, what was found and the hint."""
        place, found, *rest = str(self).splitlines()
        return "; ".join([f"{place}: {found.strip().removeprefix('found: ')}", *(line.strip() for line in rest)])


class ConfigError(UserError):
    """The configuration cannot be used.  ``problems`` lists every mistake of every file."""

    def __init__(self, problems: Iterable[Diagnostic]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.file.name, p.line or 0, p.key_path, p.found))
        count = len(self.problems)
        head = "1 mistake in the configuration" if count == 1 else f"{count} mistakes in the configuration"
        super().__init__("\n".join([f"{head}:", *map(str, self.problems)]))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The most similar known name, if one is similar, whatever its case."""
    by_lower = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    close = get_close_matches(name.lower(), sorted(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The hint that names the most similar known name, if one is similar.

    >>> did_you_mean("frequnecy", ["recency_days", "frequency"])
    "did you mean 'frequency'?"
    """
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else None


def hint_of(name: str, known: Iterable[str]) -> str:
    """``did_you_mean`` as a sentence after another, with the blank between them; empty where no name is similar.

    >>> hint_of("Ordres", ["Orders", "Lines"])
    " Did you mean 'Orders'?"
    """
    near = did_you_mean(name, known)
    return f" D{near[1:]}" if near else ""


def one_of(names: Collection[str], what: str = "") -> str:
    """The allowed names in words; a long list is only counted.

    >>> one_of(["sms", "email"])
    'one of: email, sms'
    """
    if not names:
        return f"no {what or 'name'} is known here"
    if len(names) == 1:
        return repr(next(iter(names)))
    if len(names) > LONGEST_LIST:
        return f"one of the {len(names)} known {what or 'name'}s"
    return "one of: " + ", ".join(sorted(names))


def shown(value: object) -> str:
    """A value from a file as a short text for a message.

    >>> shown("a text"), shown(None), shown(True), shown([1])
    ("'a text'", 'nothing', 'true', 'a list')
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case str():
            line = _PASSWORD.sub("***", " ".join(value.split()))
            return repr(line if len(line) <= LONGEST_FOUND else line[: LONGEST_FOUND - 3] + "...")
        case _:
            return str(value)
