"""The functions of ``contracts.text`` in DuckDB: macros that look whether a value is plain, and Python where it is not."""

from __future__ import annotations

import duckdb

from segmentation_pipeline.contracts.text import ASCII_BLANKS, FLOAT, FUNCTIONS, IS_ODD_KEY, LOST_DIGITS, SHORT, Form, plain_once
from segmentation_pipeline.engine.duckdb_sql import literal

_PLAIN = "segmentation_plain"
# Looking for white space costs a fifth of cutting it off for nothing, looking for a point before the number still less.
# What a macro says of its text is said again wherever it stands: few words weigh more than a little time.
_SPACES = " || ".join(f"chr({ord(space)})" for space in ASCII_BLANKS)
_MACROS = {
    "segmentation_bare(t)": f"CASE WHEN t < '!' OR right(t, 1) < '!' THEN trim(t, {_SPACES}) ELSE t END",
    "segmentation_beyond_ascii(t)": "strlen(t) <> length(t)",
    "segmentation_is_float(t)": (
        f"CASE WHEN contains(t, '.') OR contains(t, '+') THEN regexp_matches(t, {literal(FLOAT)}) ELSE false END"
    ),
    "segmentation_formed(t, form)": (f"nullif(CASE WHEN segmentation_beyond_ascii(t) THEN {_PLAIN}(t, form) ELSE t END, '')"),
    "segmentation_formed_key(t)": (
        f"nullif(CASE WHEN segmentation_beyond_ascii(t) OR segmentation_is_float(t) THEN "
        f"CASE WHEN regexp_matches(t, {literal(SHORT)}) THEN left(t, length(t) - 2) "
        f"ELSE {_PLAIN}(t, {literal(Form.KEY.value)}) END ELSE t END, '')"
    ),
    f"{FUNCTIONS[Form.KEY]}(t)": "segmentation_formed_key(segmentation_bare(t))",
    **{
        f"{FUNCTIONS[form]}(t)": f"segmentation_formed(segmentation_bare(t), {literal(form.value)})"
        for form in (Form.TEXT, Form.PERSONAL)
    },
    # An address is a long expression more often than a column.
    f"{FUNCTIONS[Form.ADDRESS]}(t)": f"segmentation_formed(trim(t, {_SPACES}), {literal(Form.ADDRESS.value)})",
    # Named once: what stands for t is a long expression, and macros within macros multiply it.
    f"{FUNCTIONS[Form.MAIL_DOMAIN]}(t)": f"nullif({_PLAIN}(t, {literal(Form.MAIL_DOMAIN.value)}), '')",
    f"{LOST_DIGITS}(t)": (
        f"CASE WHEN segmentation_is_float(segmentation_bare(t)) THEN {FUNCTIONS[Form.KEY]}(t) IS NULL ELSE false END"
    ),
    f"{IS_ODD_KEY}(t)": "segmentation_beyond_ascii(segmentation_bare(t)) OR segmentation_is_float(segmentation_bare(t))",
}


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the functions known to the connection; nothing of them is stored."""
    connection.create_function(_PLAIN, plain_once, ["VARCHAR", "VARCHAR"], "VARCHAR")
    for signature, sql in _MACROS.items():
        connection.execute(f"CREATE TEMP MACRO {signature} AS {sql}")
