"""How the notebook reads a source, and the day it is for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

AS_OF = pd.Timestamp("2026-06-30")
END = AS_OF + pd.Timedelta(days=1)


def read(raw: Path, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """All files of a source, in the order of their names."""
    return pd.concat([pd.read_parquet(path, columns=columns) for path in sorted(raw.glob(f"{name}*.parquet"))], ignore_index=True)


def key(column: pd.Series) -> pd.Series:
    """Keys are spelt with spaces and in lower case now and then."""
    return column.str.strip().str.upper()
