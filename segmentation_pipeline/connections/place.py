"""What a message about a database or object store names: who needs it and where it is configured."""

from __future__ import annotations

import os
from dataclasses import dataclass

from segmentation_pipeline.errors import UserError


class ConnectionProblem(UserError):
    """A database or object store that cannot be used as configured; never says a secret."""


class PartlyDone(ConnectionProblem):
    """Some of those meant have it and some have not: doing it again would give it to the first ones twice."""


@dataclass(frozen=True, slots=True)
class Place:
    """``who`` needs the connection ("source 'orders'"), ``key`` is where it stands in the configuration."""

    who: str
    key: str

    def problem(self, what: str) -> ConnectionProblem:
        return ConnectionProblem(f"{self.who}: {what}")

    def partly(self, what: str) -> PartlyDone:
        return PartlyDone(f"{self.who}: {what}")

    def variable(self, name: str, key: str) -> str:
        """The environment variable's value.  Raises ``ConnectionProblem`` when it is not set."""
        value = os.environ.get(name)
        if not value:
            raise self.problem(f"the environment variable {name} ({self.key}.{key}) is not set. Set it, then run again.")
        return value


def missing_driver(place: Place, package: str, extra: str | None) -> ConnectionProblem:
    """What to install when the library that speaks to a place is not there."""
    install = f"pip install 'segmentation-pipeline[{extra}]'" if extra else f"pip install {package}"
    return place.problem(f"needs the Python package {package}, which is not installed. Install it: {install}")
