"""Exports whose moments are written in ways of their own, and what no engine can hold."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation_pipeline_tests.cases.exports import Export, Trial

_EURO = "business: {timezone: Europe/Berlin, currency: EUR}"
_PLAIN = "sources: {orders: {files: 'data/raw/*'}}"


def _parquet(**columns: pa.Array) -> bytes:
    file = BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


ZFMT = Export(
    case="zfmt",
    files={"o.csv": "order_id,customer_id,ordered_at,amount\n1,a,2026-03-11T03:30:00Z,5\n"},
    pipeline="business: {timezone: America/New_York}",
    truth=("1 at 2026-03-11 03:30 UTC, day 2026-03-10",),
    shows=("instants", "accounts"),
    trials=(Trial("a Z in date_format", "sources: {orders: {files: data/raw/o.csv, date_format: ['%Y-%m-%dT%H:%M:%SZ']}}"),),
)

_AT = int(datetime(2026, 3, 11, 3, 30, tzinfo=UTC).timestamp())
_OFFSETS = (
    "2026-03-11 03:30Z",
    "2026-03-11T09:00:00+0530",
    "2026-03-10 22:30:00-5",
    "2026-03-11 03:30:00 GMT",
    "2026-03-11T03:30:00.123456Z",
    "2026-03-11t03:30:00z",
    "2026-03-11 03:30:00 Etc/UTC",
    str(_AT),
    f"{_AT}000",
    '"Wed, 11 Mar 2026 03:30:00 +0000"',
)
_OF_COLUMN = "sources: {orders: {files: data/raw/o.csv, date_format: [epoch, epoch_ms, '%a, %d %b %Y %H:%M:%S %z']}}"
_NEW_YORK = "business: {timezone: America/New_York}"


def _moments(rows: range) -> tuple[str, ...]:
    return tuple(f"o{n} at 2026-03-11 03:30 UTC, day 2026-03-10" for n in rows)


def _file_of_moments(rows: range) -> dict[str, str]:
    lines = "".join(f"o{n},c{n},{_OFFSETS[n]},1\n" for n in rows)
    return {"o.csv": f"order_id,customer_id,ordered_at,amount\n{lines}"}


OFFS = Export(
    case="offs",
    files=_file_of_moments(range(10)),
    pipeline=_NEW_YORK,
    truth=("refused of orders: 3 unreadable:ordered_at", *_moments(range(7))),
    shows=("instants", "accounts"),
    trials=(
        Trial("nothing", _PLAIN, stops=rf"3 unreadable:ordered_at.*'{_AT}'.*format: \[\"epoch\", \"epoch_ms\", \"%a, %d %b %Y"),
        Trial("a third may be refused", _PLAIN, pipeline=_NEW_YORK + "\nquality: {max_quarantined_share: 0.34}"),
    ),
)
OFFS_BY_FORMAT = Export(
    case="offs, those that are no usual writing",
    files=_file_of_moments(range(7, 10)),
    pipeline=_NEW_YORK,
    truth=_moments(range(7, 10)),
    shows=("instants", "accounts"),
    trials=(Trial("the formats of the message", _OF_COLUMN),),
)

_ODD_OFFSETS = "order_id,customer_id,ordered_at,amount\n" + "".join(
    f"O{n},C{n},{moment},10.00\n"
    for n, moment in enumerate(("2026-01-05T10:00:00+99:99", "2026-01-05T10:00:00-15:59:59", "2026-01-05T10:00Z"), start=1)
)
_ODD = "business: {timezone: Europe/Berlin}\nquality: {max_quarantined_share: 0.7}"
ODD_OFFSETS = Export(
    case="odd_instants: offsets there are none of",
    files={"o.csv": _ODD_OFFSETS},
    pipeline="business: {timezone: Europe/Berlin}",
    truth=("O3 at 2026-01-05 10:00 UTC, day 2026-01-05", "refused of orders: 2 unreadable:ordered_at"),
    shows=("instants", "accounts"),
    trials=(
        Trial("nothing", _PLAIN, stops=r"2 unreadable:ordered_at, such as '2026-01-05T10:00:00\+99:99'.*format"),
        Trial("most may be refused", _PLAIN, pipeline=_ODD),
    ),
)
_FAR = "order_id,customer_id,ordered_at,amount\nO1,C1,294247-01-10T04:00:54+00:00,10.00\nO2,C2,2026-01-02,10.00\n"
ODD_MOMENT = Export(
    case="odd_instants: a moment no engine has, CSV",
    files={"o.csv": _FAR},
    pipeline=_ODD,
    truth=("O2 at 2026-01-01 23:00 UTC, day 2026-01-02", "refused of orders: 1 unreadable:ordered_at"),
    shows=("instants", "accounts"),
    trials=(Trial("half may be refused", _PLAIN),),
)
ODD_PARQUET = Export(
    case="odd_instants: a moment no engine has, Parquet",
    files={
        "o.parquet": _parquet(
            order_id=pa.array(["O1", "O2"]),
            customer_id=pa.array(["C1", "C2"]),
            ordered_at=pa.array([2**63 - 1, 1767348000000000], pa.timestamp("us", tz="UTC")),
            amount=pa.array([10.0, 10.0]),
        )
    },
    pipeline=_ODD,
    truth=("O2 at 2026-01-02 10:00 UTC, day 2026-01-02", "refused of orders: 1 unreadable:ordered_at"),
    shows=("instants", "accounts"),
    trials=(Trial("half may be refused", _PLAIN),),
)
ODD_DECIMAL = Export(
    case="odd_instants: decimals of 50 digits",
    files={
        "o.parquet": _parquet(
            order_id=pa.array(["O1"]),
            customer_id=pa.array(["C1"]),
            ordered_at=pa.array(["2026-01-02"]),
            amount=pa.array([Decimal("19.99")], pa.decimal256(50, 2)),
        )
    },
    pipeline=_EURO,
    truth=("C1: 1 order, 19.99",),
    trials=(Trial("nothing", _PLAIN, stops=r"o\.parquet: column 'amount'.*decimal256\(50, 2\).*write it as"),),
)

OF_MOMENTS = (ZFMT, OFFS, OFFS_BY_FORMAT, ODD_OFFSETS, ODD_MOMENT, ODD_PARQUET, ODD_DECIMAL)
