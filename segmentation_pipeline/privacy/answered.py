"""Refused rows of ledgers of which somebody has said, by name and with a reason, that they are no opt-outs."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import NotAnOptOut
from segmentation_pipeline.engine.base import Engine

_ANSWER = {"_file": "string", "_row": "int64", "fingerprint": "string"}


def answered_rows(engine: Engine, quarantine: ir.Table, answers: Sequence[NotAnOptOut]) -> ir.Table:
    """``_file`` and ``_row`` of the rows of ``quarantine`` that ``answers`` are about.

    A row is met only as it stood when it was answered for: its ``fingerprint`` changes with every sign of it.
    """
    given = [(answer.file, answer.row, answer.fingerprint) for answer in answers]
    columns = {name: [answer[place] for answer in given] for place, name in enumerate(_ANSWER)}
    asked = engine.memtable(columns, _ANSWER)
    return quarantine.semi_join(asked, list(_ANSWER)).select("_file", "_row")
