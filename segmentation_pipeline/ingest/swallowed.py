"""Records of a ledger in which others are swallowed: a quote that was not closed takes the next lines into a value.

Such a file is valid, and whoever said no in the lines within would be written to.
"""

from __future__ import annotations

import re
from pathlib import Path

import ibis

from segmentation_pipeline.config.schema import CsvOptions
from segmentation_pipeline.engine.base import Engine, FileRead

REASON = "malformed:lines_within_a_value"


def read_whole(engine: Engine, path: Path, columns: list[str], csv: CsvOptions) -> FileRead:
    """A CSV file of a ledger, all its columns looked at: a record with a line in a value that has as many columns as the
    header is malformed."""
    header = engine.file_columns(path, "csv", csv)
    read = engine.read_file(path, "csv", list(dict.fromkeys([*columns, *header])), csv)
    if len(header) < 2:
        return read
    line = "[\\r\\n]" + f"[^\\r\\n]*{re.escape(csv.delimiter)}" * (len(header) - 1)
    values = [read.records[name] for name in header]
    swallows = ibis.or_(*(value.re_search(line).fill_null(False) for value in values))
    within = read.records.filter(swallows)
    text = ibis.literal(csv.delimiter).join([value.fill_null("") for value in (within[name] for name in header)])
    bad = within.select("_row", reason=ibis.literal(REASON), line=text)
    return FileRead(read.records.filter(~swallows), read.malformed.select("_row", "reason", "line").union(bad))
