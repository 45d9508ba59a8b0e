"""Texts as moments, the same on every engine: what a text says, or nothing, and never another moment.

The macros run in DuckDB, which the workers of Spark ask too.
"""

from __future__ import annotations

from collections.abc import Sequence

from segmentation_pipeline.engine.duckdb_sql import literal

LOCAL, ABSOLUTE, WITH_OFFSET = "segmentation_local", "segmentation_absolute", "segmentation_with_offset"
EXCEL, EPOCH, BOUNDED = "segmentation_excel", "segmentation_epoch", "segmentation_bounded"

_QUARTERS = "(?::?(?:00|15|30|45))?"
_OFFSET = f"[-](?:0?[0-9]|1[01]){_QUARTERS}|[-]12(?::?00)?|[+](?:0?[0-9]|1[0-3]){_QUARTERS}|[+]14(?::?00)?"
"""The offsets there are on earth, with and without minutes."""
_UTC = "Z|UTC|GMT|ETC/UTC"
_BEYOND_TIME = r":[0-9]{2}([.,][0-9]+)?\s*[-+A-Za-z]"
"""Something stands behind a time of day: an offset, or a word that is none."""
_ISO = (
    r"^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[T ]+([0-9]{1,2}:[0-9]{2})(:[0-9]{2}(?:[.,][0-9]{1,9})?)?\s*"
    f"({_UTC}|{_OFFSET})$"
)

_AT_END = literal(f"({_UTC}|[-+][0-9:]+)$")

MACROS = {
    f"{BOUNDED}(x)": "CASE WHEN x BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN x END",
    "segmentation_digits_of_offset(d)": (
        "CASE WHEN length(d) < 3 THEN lpad(d, 2, '0') || ':00' ELSE left(lpad(d, 4, '0'), 2) || ':' || right(d, 2) END"
    ),
    "segmentation_offset(o)": (
        "CASE WHEN o SIMILAR TO '[-+].*' THEN left(o, 1) || segmentation_digits_of_offset(regexp_replace(o, '[^0-9]', '', 'g')) "
        "ELSE '+00:00' END"
    ),
    "segmentation_moment(p)": (
        "try_cast(p.d || ' ' || p.t || CASE p.s WHEN '' THEN ':00' ELSE replace(p.s, ',', '.') END || segmentation_offset(p.o) "
        "AS TIMESTAMPTZ)"
    ),
    f"{ABSOLUTE}(v)": (
        f"CASE WHEN regexp_matches(v, {literal(_BEYOND_TIME)}) "
        f"THEN segmentation_moment(regexp_extract(upper(v), {literal(_ISO)}, ['d', 't', 's', 'o'])) END"
    ),
    f"{LOCAL}(v)": f"CASE WHEN NOT regexp_matches(v, {literal(_BEYOND_TIME)}) THEN {BOUNDED}(try_cast(v AS TIMESTAMP)) END",
    f"{WITH_OFFSET}(v)": (
        f"CASE WHEN regexp_matches(upper(v), {literal(f'({_UTC}|{_OFFSET})$')}) "
        f"THEN regexp_replace(upper(v), {_AT_END}, segmentation_offset(regexp_extract(upper(v), {_AT_END}))) END"
    ),
    f"{EXCEL}(v)": (
        "CASE WHEN try_cast(v AS DOUBLE) BETWEEN 61 AND 2958465.99999 "
        "THEN TIMESTAMP '1899-12-30' + to_seconds(round(try_cast(v AS DOUBLE) * 86400)) END"
    ),
    f"{EPOCH}(v, per_second)": (
        "CASE WHEN abs(try_cast(v AS DOUBLE) / per_second) < 253402300800 "
        "THEN make_timestamptz(round(try_cast(v AS DOUBLE) / per_second * 1000000)::BIGINT) END"
    ),
}


def names_offset(pattern: str) -> bool:
    """Whether what a pattern reads is a moment wherever one is: it reads an offset or a zone, or names UTC."""
    return "%z" in pattern or "%Z" in pattern or pattern in ("epoch", "epoch_ms") or _says_utc(pattern) is not None


def local_sql(text: str, formats: Sequence[str]) -> str | None:
    """SQL for a naive timestamp by the first pattern without an offset that fits; None where no pattern is without."""
    if not formats:
        return f"{LOCAL}({text})"
    without = [pattern for pattern in formats if not names_offset(pattern)]
    patterns = [pattern for pattern in without if pattern != "excel"]
    ways = [f"{BOUNDED}(try_strptime({text}, {_listed(patterns)}))"] if patterns else []
    ways += [f"{EXCEL}({text})"] if "excel" in without else []
    return f"coalesce({', '.join(ways)})" if ways else None


def absolute_sql(text: str, formats: Sequence[str]) -> str | None:
    """SQL for a timestamp with time zone by the first pattern with an offset that fits; None where no pattern has one."""
    if not formats:
        return f"{ABSOLUTE}({text})"
    at_end = [_says_utc(pattern) or pattern for pattern in formats if _says_utc(pattern) or pattern.endswith("%z")]
    within = [p for p in formats if ("%z" in p or "%Z" in p) and not p.endswith("%z")]
    ways = [f"try_strptime({WITH_OFFSET}({text}), {_listed(at_end)})"] if at_end else []
    ways += [f"try_strptime({text}, {_listed(within)})"] if within else []
    ways += [f"{EPOCH}({text}, {per_second})" for name, per_second in (("epoch", 1), ("epoch_ms", 1000)) if name in formats]
    return f"coalesce({', '.join(ways)})" if ways else None


def day_sql(text: str, formats: Sequence[str]) -> str:
    """SQL for the day as written, whatever offset stands behind it."""
    if not formats:
        written = f"try_cast(regexp_extract({text}, '^[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}') AS TIMESTAMP)"
        return f"coalesce({LOCAL}({text}), CASE WHEN {ABSOLUTE}({text}) IS NOT NULL THEN {written} END)"
    at_end = [_says_utc(pattern) or pattern for pattern in formats if _says_utc(pattern) or pattern.endswith("%z")]
    ways = [local_sql(text, formats), absolute_sql(text, [p for p in formats if p not in at_end and _says_utc(p) is None])]
    if at_end:
        bare = f"regexp_replace({text}, {literal(f'(?i)[ ]*({_UTC}|[-+][0-9:]+)$')}, '')"
        patterns = _listed([pattern.removesuffix("%z").rstrip() for pattern in at_end])
        ways.append(f"CASE WHEN {WITH_OFFSET}({text}) IS NOT NULL THEN {BOUNDED}(try_strptime({bare}, {patterns})) END")
    return f"coalesce({', '.join(way for way in ways if way)})"


def _says_utc(pattern: str) -> str | None:
    """The pattern with ``%z`` for the sign of UTC it ends with; None when it ends with none."""
    for word in ("UTC", "GMT", "Z"):
        if pattern.endswith(word) and not pattern.endswith(f"%{word}"):
            return pattern.removesuffix(word) + "%z"
    return None


def _listed(formats: Sequence[str]) -> str:
    return f"[{', '.join(map(literal, formats))}]"
