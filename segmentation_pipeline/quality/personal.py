"""Which rules touch personal data, so that no value of it leaves the checks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.quality.check import Check

PII_COLUMNS = frozenset(name for source in SOURCES.values() for name in source.pii_columns)

_PII_WORD = re.compile(r"\bpii\b", re.IGNORECASE)


def touches_pii(rule: Check) -> bool:
    """Whether a result of the rule could hold a personal value.

    True for a rule that reads a PII column, for one on a table of schema pii that does not name
    its columns, and for a free query that mentions that schema.
    """
    if set(rule.columns) & PII_COLUMNS:
        return True
    query = str(rule.arguments.get("unexpected_rows_query", ""))
    if _PII_WORD.search(query):
        return True
    return rule.table.startswith("pii.") and not rule.columns


def shareable(rows: Sequence[Mapping[str, object]], identity: Sequence[str], rule: Check) -> list[dict[str, object]]:
    """The example rows with what identifies them and, when it is not personal, the values the rule reads."""
    values = () if touches_pii(rule) else rule.columns
    wanted = dict.fromkeys((*identity, *values))
    return [{name: row[name] for name in wanted if name in row and name not in PII_COLUMNS} for row in rows]
