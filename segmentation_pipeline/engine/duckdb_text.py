"""The functions of ``contracts.text`` in DuckDB: macros that look whether a value is plain, and Python where it is not."""

from __future__ import annotations

import duckdb
from duckdb.func import FunctionNullHandling

from segmentation_pipeline.contracts.text import ASCII_BLANKS, FLOAT, FUNCTIONS, IS_ODD_KEY, LOST_DIGITS, SHORT, Form, plain_once
from segmentation_pipeline.engine.duckdb_sql import literal

_PLAIN = "segmentation_plain"
# What a macro says of its text is planned again wherever it stands, and texts may be long expressions: hence few words.
_TRIMMED = "trim(t, " + " || ".join(f"chr({ord(space)})" for space in ASCII_BLANKS) + ")"
# Looking for white space costs a fifth of cutting it off for nothing, looking for a point before the number still less.
_ENDS_BLANK = "t < '!' OR right(t, 1) < '!'"
_MAY_BE_FLOAT = "t < ':' AND (contains(t, '.') OR contains(t, '+'))"


def _is_float(text: str) -> str:
    return f"regexp_matches({text}, {literal(FLOAT)})"


def _formed(form: Form) -> str:
    return f"WHEN segmentation_beyond_ascii(t) THEN {_PLAIN}({_TRIMMED}, {literal(form.value)})"


_WHOLE = (
    f"CASE WHEN regexp_matches(x, {literal(SHORT)}) THEN left(x, length(x) - 2) "
    f"WHEN {_is_float('x')} THEN {_PLAIN}(x, {literal(Form.KEY.value)}) ELSE nullif(x, '') END"
)
_BARE = f"WHEN {_ENDS_BLANK} THEN nullif({_TRIMMED}, '') ELSE t END"
_MACROS = {
    "segmentation_beyond_ascii(t)": "strlen(t) <> length(t)",
    # Of a list's only part: what is said of it is planned once.
    f"{FUNCTIONS[Form.KEY]}(t)": (
        f"CASE {_formed(Form.KEY)} WHEN {_MAY_BE_FLOAT} THEN list_transform([{_TRIMMED}], lambda x: {_WHOLE})[1] {_BARE}"
    ),
    **{f"{FUNCTIONS[form]}(t)": f"CASE {_formed(form)} {_BARE}" for form in (Form.TEXT, Form.PERSONAL, Form.ADDRESS)},
    f"{FUNCTIONS[Form.MAIL_DOMAIN]}(t)": f"{_PLAIN}(t, {literal(Form.MAIL_DOMAIN.value)})",
    f"{LOST_DIGITS}(t)": (
        f"CASE WHEN {_MAY_BE_FLOAT} THEN {_is_float(_TRIMMED)} AND {FUNCTIONS[Form.KEY]}(t) IS NULL ELSE false END"
    ),
    f"{IS_ODD_KEY}(t)": f"segmentation_beyond_ascii(t) OR CASE WHEN {_MAY_BE_FLOAT} THEN {_is_float(_TRIMMED)} ELSE false END",
}


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the functions known to the connection; nothing of them is stored."""
    connection.create_function(_PLAIN, _plain, ["VARCHAR", "VARCHAR"], "VARCHAR", null_handling=FunctionNullHandling.SPECIAL)
    for signature, sql in _MACROS.items():
        connection.execute(f"CREATE TEMP MACRO {signature} AS {sql}")


def _plain(text: str | None, form: str) -> str | None:
    """Null when nothing is left: ``nullif`` in SQL would ask twice."""
    return None if text is None else plain_once(text, form) or None
