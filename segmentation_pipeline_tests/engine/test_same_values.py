"""The same text, times and numbers on both engines, in every corner somebody thought of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pytest

from segmentation_pipeline.config.schema import BirthdayOccasion
from segmentation_pipeline.contracts.text import Form, as_text, in_form, looks, lost_digits
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.birthday import Birthday
from segmentation_pipeline.features.business_clock import business_time
from segmentation_pipeline.features.rhythm import SINES
from segmentation_pipeline.ingest.redaction import blotted
from segmentation_pipeline.privacy.addresses import bare_code, bare_place, normalised_phone
from segmentation_pipeline.privacy.spellings import bare_key, known_email, known_phone, without_marks

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.slow

NUMBERS = [
    "1",
    " 1",
    "1.5",
    "2.5",
    "-0",
    "1e3",
    "1_000",
    "1,000",
    "007",
    "+7",
    "9223372036854775808",
    "1.005",
    "0.125",
    "nan",
]
TRUTHS = ["true", "T", "yes", "no", "0", "1", "on", "wahr", ""]
DAYS = ["2025-03-01", "2025-3-1", "2025-02-29", "2025-03-01 24:00:00", "2025-03-01T12:00", "2025-03-01 12:00:00,5"]
OFFSETS = [
    "2025-03-01T12:00:00Z",
    "2025-03-01 12:00:00+0530",
    "2025-03-01 12:00:00 UTC",
    "2025-03-01 12:00+02",
    "1969-12-31T23:59:59.5-03",
]
ODD_DAYS = ["01.03.25", "1/2/2025", "Mar 5 2025", "2025-060", "31.12.1899 23:59", "5.3.2025 +0200"]
FORMATS = ("%d.%m.%y", "%d/%m/%Y", "%b %d %Y", "%Y-%j", "%d.%m.%Y %H:%M", "%d.%m.%Y %z")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns")


@pytest.fixture(scope="module")
def engines(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    from segmentation_pipeline.engine.spark import SparkEngine

    both = DuckDBEngine(None), SparkEngine(spark.newSession(), str(tmp_path_factory.mktemp("values") / "warehouse"))
    yield both
    for engine in both:
        engine.close()


def texts(engine: Engine, *values: str) -> ir.Table:
    return engine.memtable({"n": list(range(len(values))), "text": list(values)}, {"n": "int64", "text": "string"})


def test_text_is_read_alike(engines: tuple[Engine, Engine]) -> None:
    spellings = (*NUMBERS, *TRUTHS, *DAYS, *OFFSETS, *ODD_DAYS)

    def read(engine: Engine) -> list[dict[str, object]]:
        table = texts(engine, *spellings)
        text = table.text
        kinds = {"whole": dt.int64, "money": dt.Decimal(18, 2), "fraction": dt.float64, "truth": dt.boolean}
        values = {name: engine.parse_text(text, kind) for name, kind in kinds.items()}
        return engine.rows(
            table.select(
                "n",
                **{
                    name: value.cast("string") if name == "fraction" else value
                    for name, value in values.items()
                    if name != "fraction"
                },
                large=values["fraction"] > 2.0,
                local=engine.parse_local(text, ()),
                absolute=engine.parse_with_offset(text, ()),
                by_format=engine.parse_local(text, FORMATS),
                by_offset=engine.parse_with_offset(text, FORMATS),
            ).order_by("n")
        )

    one, other = map(read, engines)
    assert sum(row["by_format"] is not None for row in one) >= 5 and sum(row["absolute"] is not None for row in one) >= 4
    assert other == one


def test_local_times_become_utc_alike_also_where_clocks_change(engines: tuple[Engine, Engine]) -> None:
    # Half-hourly around both changes of clocks of each hemisphere.
    starts = [datetime(2025, month, day) for month, day in ((3, 9), (3, 30), (4, 6), (10, 5), (10, 26), (11, 2), (7, 1))]
    moments = [start + timedelta(minutes=30 * step) for start in starts for step in range(12)]

    def converted(engine: Engine) -> list[dict[str, object]]:
        table = engine.memtable({"at": moments}, {"at": "timestamp"})
        utc = {f"utc_{i}": engine.local_to_utc(table["at"], zone) for i, zone in enumerate(ZONES)}
        first, last = date(2025, 1, 1), date(2025, 12, 31)
        local = {f"local_{i}": business_time(table["at"], ZoneInfo(zone), first, last) for i, zone in enumerate(ZONES)}
        days = {f"day_{i}": engine.utc_to_local_day(table["at"], zone) for i, zone in enumerate(ZONES)}
        hours = {f"hour_{i}": time.hour() for i, time in enumerate(local.values())}
        return engine.rows(table.select("at", **utc, **local, **days, **hours).order_by("at"))

    one, other = map(converted, engines)
    assert other == one
    shown = [
        moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in sorted(moments) for zone in ZONES
    ]
    assert [row[f"local_{i}"] for row in one for i in range(len(ZONES))] == shown


def test_days_of_the_week_and_their_place_in_the_year_are_alike(engines: tuple[Engine, Engine]) -> None:
    days = [date(2023, 12, 30) + timedelta(days=n) for n in range(369)]

    def told(engine: Engine) -> list[dict[str, object]]:
        table = engine.memtable({"day": days}, {"day": "date"})
        sine = ibis.array(SINES)[table.day.day_of_year() - 1]
        return engine.rows(table.select("day", weekday=table.day.day_of_week.index(), sine=sine).order_by("day"))

    one, other = map(told, engines)
    assert [row["weekday"] for row in one[:3]] == [5, 6, 0]  # a Saturday, a Sunday, a Monday
    assert {row["sine"] for row in one} == set(SINES)
    assert other == one


def test_arithmetic_is_alike(engines: tuple[Engine, Engine]) -> None:
    fractions = [2.675, 1.005, 0.5, 1.5, 2.5, -0.5, -2.5, 0.285, 1e11 + 0.285, 1.4999999999999998, None]

    def worked_out(engine: Engine) -> list[dict[str, object]]:
        table = engine.memtable({"n": list(range(len(fractions))), "x": fractions}, {"n": "int64", "x": "float64"})
        money = table.x.round(2).cast("decimal(18, 2)")
        return engine.rows(
            table.select(
                "n",
                cents=table.x.round(2),
                nearest=table.x.round(0),
                whole=table.x.cast("int64"),
                money=money,
                share=money / 7,
                none=money / (table.n - table.n).nullif(0),
                ratio=(table.n / 3).round(6),
                least_of_one=ibis.least(table.x),
                greatest_of_one=ibis.greatest(table.x),
            ).order_by("n")
        )

    one, other = map(worked_out, engines)
    assert other == one


def test_counts_and_white_space_are_alike(engines: tuple[Engine, Engine]) -> None:
    def told(engine: Engine) -> list[dict[str, object]]:
        table = texts(engine, " \x0c\x0bfr\t\n ", "f", "\u00a0x", "a_b")
        counted = (
            table.mutate(none=ibis.null("int64"))
            .group_by("n")
            .agg(
                hits=lambda t: t.count(where=t.none > 0),
                stripped=table.text.strip().max(),
                words=table.text.lower().re_replace(r"[^\p{L}\p{N}]+", "_").max(),
                tidy=table.text.re_replace(r"[\x00-\x1f\x7f]+", " ").max(),
            )
        )
        return engine.rows(counted.order_by("n"))

    one, other = map(told, engines)
    assert other == one


def test_addresses_take_the_same_form_and_mentions_go_alike(engines: tuple[Engine, Engine]) -> None:
    texts = ["+49 (0) 171/1234567", "+49 030 123456", "D-01234", "0017", "M\u00fcllerweg 3", "Muellerweg 3", "1230017,0"]
    texts += ["call ann@mail.test now", "ann+x@mail.test", "'=A1"]

    def formed(engine: Engine) -> list[tuple[object, ...]]:
        table = engine.memtable({"n": list(range(len(texts))), "text": texts}, {"n": "int64", "text": "string"})
        forms = (normalised_phone, known_phone, bare_code, bare_key, known_email)
        columns = {form.__name__: form(table.text) for form in forms} | {"place": without_marks(bare_place(table.text))}
        rows = blotted(table.select("n", "text", **columns), ["text"], ["ann@mail.test"])
        return [tuple(row.values()) for row in engine.rows(rows.order_by("n"))]

    one, other = map(formed, engines)
    assert one == other
    assert one[0][2] == "+491711234567"
    assert one[7][1] == "call [erased] now"


def test_keys_and_texts_take_the_same_form(engines: tuple[Engine, Engine]) -> None:
    from segmentation_pipeline_tests.contracts.test_text import KEYS, LOST

    values = [*KEYS, *LOST, "a\u200bnn", "\u0430nn", "'00123"]

    def formed(engine: Engine) -> list[dict[str, object]]:
        table = texts(engine, *values)
        forms = {form.value: in_form(table.text, form) for form in Form}
        double = as_text(table.n.cast("float64") * 1e15)
        told = {"looks": looks(table.text), "lost": lost_digits(table.text), "double": in_form(double, Form.KEY)}
        return engine.rows(table.select("n", **forms, **told).order_by("n"))

    one, other = map(formed, engines)
    assert [row["key"] for row in one[: len(KEYS)]] == list(KEYS.values())
    assert other == one


CSV = 'a,b\n1,"x"\n2,"with ""quotes"" and,comma"\n\n3\n4,5,6\n5,"two\nlines"\n"6"x,7\n8,\n'


@pytest.mark.parametrize(
    ("name", "content"), [("t.csv", CSV), ("t.jsonl", '{"a": 1, "b": "x"}\n{"a": 2}\nno json\n\n{"b": null, "a": "3"}\n')]
)
def test_records_and_their_numbers_are_alike(engines: tuple[Engine, Engine], tmp_path: Path, name: str, content: str) -> None:
    from segmentation_pipeline.config.schema import CsvOptions

    path = tmp_path / name
    path.write_text(content)

    def read(engine: Engine) -> list[list[dict[str, object]]]:
        found = engine.read_file(path, path.suffix[1:], ["a", "b", "missing"], CsvOptions())
        return [
            engine.rows(table.order_by("_row")) for table in (found.records, found.malformed.select("_row", "reason", "line"))
        ]

    one, other = map(read, engines)
    assert all(one)
    assert other == one


def test_parquet_files_are_read_alike(engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    from decimal import Decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    from segmentation_pipeline.config.schema import CsvOptions

    columns = {
        "text": pa.array(["x", None]),
        "small": pa.array([1, None], pa.int16()),
        "money": pa.array([Decimal("1.50"), None]),
        "at": pa.array([datetime(2025, 3, 1, 12), None], pa.timestamp("us")),
        "zoned": pa.array([datetime(2025, 3, 1, 12), None], pa.timestamp("us", "UTC")),
    }
    pq.write_table(pa.table(columns), tmp_path / "plain.parquet")
    pq.write_table(pa.table(columns | {"at": columns["at"].cast(pa.timestamp("ns"))}), tmp_path / "nano.parquet", version="2.6")

    def read(engine: Engine) -> list[object]:
        told: list[object] = []
        for name in ("plain.parquet", "nano.parquet"):
            records = engine.read_file(tmp_path / name, "parquet", [*columns, "missing"], CsvOptions()).records
            values = records.mutate(zoned=engine.without_zone(records.zoned), at=records["at"].cast("timestamp(6)"))
            told.append((engine.rows(values.order_by("_row")), records.zoned.type().timezone is not None))
        return told

    one, other = map(read, engines)
    assert other == one


def test_birthday_windows_are_alike_also_of_who_was_born_in_a_leap_year(engines: tuple[Engine, Engine]) -> None:
    born = [date(1992, 2, 29), date(1990, 1, 5), date(1985, 12, 31), date(1980, 7, 1), None]
    days = [date(2023, 12, 18) + timedelta(days=13 * step) for step in range(60)]
    pairs = [(birthday, day) for birthday in born for day in days]

    def told(engine: Engine) -> list[dict[str, object]]:
        columns = {"n": list(range(len(pairs))), "born": [each for each, _ in pairs], "day": [day for _, day in pairs]}
        table = engine.memtable(columns, {"n": "int64", "born": "date", "day": "date"})
        windows = Birthday(table.born, BirthdayOccasion(kind="birthday", days_before=14, days_after=1))
        return engine.rows(table.select("n", since=windows.since(table.day), upto=windows.days_upto(table.day)).order_by("n"))

    one, other = map(told, engines)
    assert sum(row["since"] is not None for row in one) >= 8
    assert other == one
