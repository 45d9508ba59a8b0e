"""What a reader throws about a broken file, as a message for a person."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from segmentation_pipeline.engine.base import SourceFileError


@contextmanager
def told_by_file(path: Path) -> Iterator[None]:
    """Turn what a reader throws about a broken file into a message that names the file."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise  # not the file's fault
    except (duckdb.Error, pa.ArrowException, OSError, EOFError, UnicodeError, csv.Error) as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise SourceFileError(
            f"{path}: cannot be read ({first_line}). Is it complete, and of the format its ending or the config says?"
        ) from error
