"""Fitted models that are nothing but their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Self


class Parameters:
    """Of a frozen dataclass: to and from what the registry keeps."""

    __slots__ = ()

    def to_parameters(self) -> dict[str, Any]:
        return asdict(self)  # type: ignore[call-overload,no-any-return]  # those who inherit are dataclasses

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> Self:
        return cls(**parameters)
