"""Workbooks as shops send them, written for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import xlsxwriter


@dataclass(frozen=True)
class Formula:
    """A formula and what its program calculated; ``""`` for nothing."""

    text: str
    value: object = ""


@dataclass(frozen=True)
class Merged:
    """A value in a cell that is merged with so many below and to the right."""

    value: object
    rows: int = 1
    columns: int = 1


_SHOWN = {date: "dd.mm.yyyy", datetime: "dd.mm.yyyy hh:mm", time: "hh:mm", timedelta: "[h]:mm"}


def write_workbook(
    path: Path, sheets: Mapping[str, Sequence[Sequence[object]]], *, hidden: Sequence[str] = (), since_1904: bool = False
) -> Path:
    """Write sheets of rows; ``None`` is an empty cell."""
    book = xlsxwriter.Workbook(str(path), {"date_1904": since_1904})
    shown = {kind: book.add_format({"num_format": pattern}) for kind, pattern in _SHOWN.items()}
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                match value:
                    case None:
                        pass
                    case Formula(text, told):
                        sheet.write_formula(row, column, text, None, told)
                    case Merged(told, down, across):
                        sheet.merge_range(row, column, row + down - 1, column + across - 1, told)
                    case bool():
                        sheet.write_boolean(row, column, value)
                    case int() | float():
                        sheet.write_number(row, column, value)
                    case str():
                        sheet.write_string(row, column, value)
                    case _:
                        sheet.write_datetime(row, column, value, shown[type(value)])
    book.close()
    return path
