"""How a sheet of a workbook (``.xlsx``) is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from segmentation_pipeline.config.schema.base import Model

WORKBOOK = "xlsx"
"""The format of workbooks."""

ENDINGS = (".xlsx", ".xlsm")

CELLS_OF_DATES = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S")
"""How cells that hold dates are written as text, the last one where a cell of the day and one of the time are joined."""


class XlsxOptions(Model):
    """Which sheet of a workbook is read, and how.

    ``sheet`` is its name, or its place among the tabs that can be seen, from 1; it must be said where a workbook has several.
    ``skip_rows`` stand before the row with the column names.  ``merged`` says what cells mean that are merged into another
    one: rows that have such a cell in a column that is read are refused, each of the cells has the value (``repeat``), or
    only the first one has it (``first``).
    """

    sheet: Annotated[
        str | Annotated[int, Field(ge=1, le=1000, strict=True)] | None,
        Field(description="the name of a sheet, or its place among the tabs from 1"),
    ] = None
    skip_rows: Annotated[int, Field(ge=0, le=1000)] = 0
    merged: Literal["refuse", "repeat", "first"] = "refuse"


UNSAID = XlsxOptions()
"""How a workbook is read about which nothing is said."""


@dataclass(frozen=True, slots=True)
class SheetReading:
    """What reading a sheet needs to know: ``decimals`` is the decimal sign of columns whose text is read as numbers, so that
    a cell that holds a number is written as the source's texts are."""

    options: XlsxOptions = UNSAID
    decimals: Mapping[str, str] = field(default_factory=dict)


def may_be_workbook(pattern: str) -> bool:
    """Whether files of a pattern may be workbooks by their ending.

    >>> may_be_workbook("in/*.xlsx"), may_be_workbook("in/a.xlsx.gz"), may_be_workbook("in/*"), may_be_workbook("in/*.csv")
    (True, True, True, False)
    """
    path = PurePosixPath(pattern)
    path = path.with_suffix("") if path.suffix.lower() in (".gz", ".zst") else path
    return path.suffix.lower() in ENDINGS or path.name.endswith(("*", "?", "]"))
