"""Why a column is not in a file: misspelt, parted by another sign, or named further down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from segmentation_pipeline.config.diagnostics import hint_of, shown
from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.config.schema.workbooks import UNSAID, WORKBOOK, XlsxOptions
from segmentation_pipeline.engine.text_files import open_text
from segmentation_pipeline.engine.workbooks import first_rows

_DELIMITERS = {";": "';'", "\t": '"\\t"', "|": "'|'", ",": "','"}
_LINES = 50


def bare_name(column: str) -> str:
    """A column's name without capitals, blanks and dashes, as two spellings of it share it."""
    return re.sub(r"[\s_-]+", "", column).lower()


def hint(path: Path, file_format: str, csv: CsvOptions, wanted: str, columns: Sequence[str], xlsx: XlsxOptions = UNSAID) -> str:
    """What probably is wrong, as a sentence with a blank before it; empty where nothing can be told."""
    if alike := [column for column in columns if bare_name(column) == bare_name(wanted)]:
        return f" Did you mean {shown(alike[0])}?"
    if file_format == WORKBOOK:
        for number, row in enumerate(first_rows(path, xlsx, _LINES)):
            if wanted in [" ".join(text.split()) for text in row] and number != xlsx.skip_rows:
                return f" The names of the columns stand in row {number + 1}: set xlsx.skip_rows: {number}."
    if file_format != "csv":
        return hint_of(wanted, columns)
    for sign, told in _DELIMITERS.items():
        if sign != csv.delimiter and any(wanted in [part.strip(' "') for part in name.split(sign)] for name in columns):
            return f" Its columns are parted by another sign: set csv.delimiter: {told}."
    with open_text(path, csv.encoding) as file:
        for number, line in enumerate(islice(file, _LINES)):
            for sign, told in _DELIMITERS.items():
                if wanted in [part.strip(' "\r\n\ufeff') for part in line.split(sign)] and number != csv.skip_lines:
                    delimiter = "" if sign == csv.delimiter else f" and csv.delimiter: {told}"
                    return f" The names of the columns stand in line {number + 1}: set csv.skip_lines: {number}{delimiter}."
    return hint_of(wanted, columns)
