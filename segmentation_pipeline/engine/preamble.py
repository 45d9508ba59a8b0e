"""What exports write before the names of the columns: titles, dates, and a spreadsheet's ``sep=;``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO

from segmentation_pipeline.config.schema import CsvOptions

_SEPARATOR = re.compile(r'^"?sep=.?"?[\r\n]*$', re.IGNORECASE)


def is_separator_line(line: str) -> bool:
    """Whether a line is a spreadsheet's ``sep=;``, which is skipped by itself."""
    return _SEPARATOR.match(line) is not None


def preamble(file: IO[str], csv: CsvOptions) -> tuple[list[str], Iterator[str]]:
    """What stands before the line with the column names, as configured, and a spreadsheet's ``sep=``; and the lines from
    there on."""
    lines = list(islice(file, csv.skip_lines))
    first = next(file, "")
    if _SEPARATOR.match(first):
        return [*lines, first], file
    return lines, chain([first], file)
