"""Exports whose files are written otherwise than programs write them: numbers, words, keys, order, encodings."""

from __future__ import annotations

from segmentation_pipeline_tests.cases.exports import Export, Trial

_EURO = "business: {timezone: Europe/Berlin, currency: EUR}"
_PLAIN = "sources: {orders: {files: 'data/raw/*'}}"


def _german(more: str) -> str:
    return (
        "sources: {orders: {files: data/raw/o.csv, csv: {delimiter: ';'}, date_format: '%d.%m.%Y %H:%M', "
        f"columns: {{order_id: Bestellnr, customer_id: Kunde, ordered_at: Datum, amount: Betrag}}{more}}}}}"
    )


GERMAN = Export(
    case="german",
    files={
        "o.csv": "Bestellnr;Kunde;Datum;Betrag\n"
        'B1;K1;10.03.2026 09:15;"1.234,56"\nB2;K1;11.03.2026 10:00;49,90\nB3;K2;12.03.2026 11:00;1.250\nB4;K2;13.03.2026 11:00;20\n'
    },
    pipeline=_EURO,
    truth=("K1: 2 orders, 1,284.46", "K2: 2 orders, 1,270.00"),
    trials=(
        Trial(
            "no word about numbers",
            _german(""),
            stops=r"2 unreadable:amount, such as '1\.234,56'.*number: \{decimal: \",\"\}.*1 ambiguous:amount, such as '1\.250'.*say which",
        ),
        Trial("number.decimal", _german(', number: {decimal: ","}')),
    ),
)

_WORDS = "order_id,customer_id,ordered_at,amount,status\n" + "".join(
    f"{row}\n"
    for row in (
        "1,a,2026-03-01,5.00,wc-completed",
        "2,a,2026-03-02,500.00,wc-failed",
        "3,a,2026-03-03,600.00,wc-pending",
        "4,a,2026-03-04,700.00,trash",
        "5,b,2026-03-04,10.00,wc-cancelled",
    )
)


def _words(more: str) -> str:
    columns = "order_id: order_id, customer_id: customer_id, ordered_at: ordered_at, amount: amount"
    values = f"{{from: status, values: {{wc-completed: completed, wc-cancelled: cancelled{more}}}}}"
    return f"sources: {{orders: {{files: data/raw/o.csv, columns: {{{columns}, status: {values}}}}}}}"


STATUS = Export(
    case="status",
    files={"o.csv": _WORDS},
    pipeline=_EURO,
    truth=(
        "a: 1 order, 5.00",
        "left out of orders: 1 status trash",
        "left out of orders: 1 status wc-failed",
        "left out of orders: 1 status wc-pending",
    ),
    trials=(
        Trial(
            "two words of five",
            _words(""),
            stops=r"'trash' 1, 'wc-failed' 1, 'wc-pending' 1, the first in .*row 2 \(say what each",
        ),
        Trial("all words", _words(", wc-failed: skip, wc-pending: skip, trash: skip")),
    ),
)

_YEARLY = """order_id,customer_id,ordered_at,amount
1001,ann,2025-02-01 10:00,80.00
1002,bob,2025-03-01 10:00,60.00
1001,cat,2026-02-01 10:00,15.00
1002,ann,2026-03-01 10:00,25.00
5.00E+12,dan,2026-03-02 10:00,11.00
5.00E+12,eve,2026-03-03 10:00,12.00
"""
_BY_YEAR = (
    "sources: {orders: {files: data/raw/o.csv, columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount, "
    "order_id: {expression: \"substring(ordered_at, 1, 4) || '-' || order_id\"}}}}"
)
YEARLY_IDS = Export(
    case="yearly_ids",
    files={"o.csv": _YEARLY},
    pipeline=_EURO,
    truth=("ann: 2 orders, 105.00", "bob: 1 order, 60.00", "cat: 1 order, 15.00", "refused of orders: 2 unreadable:order_id"),
    trials=(
        Trial(
            "the numbers alone",
            _PLAIN,
            stops=r"2 imprecise:order_id.*row 5.*export them as text.*2 keys do not.*row 1 and .*row 3.*order_id: \{from: \[year",
        ),
        Trial("year and number", _BY_YEAR, stops=r"2 unreadable:order_id.*row 5.*digits"),
        Trial("the same, and a third may be refused", _BY_YEAR, pipeline=_EURO + "\nquality: {max_quarantined_share: 0.34}"),
    ),
)

YEARLY_PARTS = Export(
    case="yearly_ids, the year in a column",
    files={
        "o.csv": "nr,year,who,day,sum\n"
        "1001,2025,ann,2025-02-01,80.00\n1001.0,2026,cat,2026-02-01,15.00\n5.00E+12,2026,dan,2026-03-02,11.00\n,2026,eve,2026-03-03,12.00\n"
    },
    pipeline=_EURO + "\nquality: {max_quarantined_share: 0.5}",
    truth=(
        "ann: 1 order, 80.00",
        "cat: 1 order, 15.00",
        "refused of orders: 1 imprecise:order_id",
        "refused of orders: 1 missing:order_id",
    ),
    trials=(
        Trial(
            "a key of two columns",
            "sources: {orders: {files: data/raw/o.csv, "
            "columns: {order_id: {from: [year, nr]}, customer_id: who, ordered_at: day, amount: sum}}}",
        ),
    ),
)

FILE_ORDER = Export(
    case="file_order",
    files={
        "orders_export_9.csv": "order_id,customer_id,ordered_at,amount,status\n1,ann,2026-03-01,100.00,completed\n2,ann,2026-03-02,50.00,completed\n",
        "orders_export_10.csv": "order_id,customer_id,ordered_at,amount,status\n1,ann,2026-03-01,100.00,cancelled\n3,ann,2026-03-05,7.00,completed\n",
    },
    pipeline=_EURO,
    truth=("ann: 2 orders, 57.00", "replaced of orders: 1"),
    trials=(Trial("nothing", _PLAIN),),
)

_NAMES = "order_id;customer_id;ordered_at;amount;channel\nB1;Müller;2026-03-10;10.00;Shop €\nB2;O\u2019Brien;2026-03-11;20.00;x\n"
_SEMICOLONS = "sources: {orders: {files: data/raw/o.csv, csv: {delimiter: ';'"
CP1252 = Export(
    case="cp1252",
    files={"o.csv": _NAMES.encode("cp1252")},
    pipeline=_EURO,
    truth=("Müller by Shop €", "O\u2019Brien by x"),
    shows=("channels", "accounts"),
    trials=(
        Trial("no encoding", f"{_SEMICOLONS}}}}}}}", stops=r"not utf-8.*csv\.encoding.*windows-1252"),
        Trial("encoding: latin-1", f"{_SEMICOLONS}, encoding: latin-1}}}}}}"),
        Trial("encoding: windows-1252", f"{_SEMICOLONS}, encoding: windows-1252}}}}}}"),
    ),
)

RUPIAH = Export(
    case="rupiah",
    files={
        "o.csv": "order_id,customer_id,ordered_at,amount\n"
        "1,ann,2026-03-01,1500000\n2,bob,2026-03-02,350000\n3,ann,2026-03-02,1000000\n4,cat,2026-03-03,2750000\n"
    },
    pipeline="business: {timezone: Asia/Jakarta, currency: IDR}",
    truth=("ann: 2 orders, 2,500,000.00", "bob: 1 order, 350,000.00", "cat: 1 order, 2,750,000.00"),
    trials=(
        Trial("nothing", _PLAIN, stops=r"2 above_maximum:amount, such as '1500000'.*set quality\.max_amount"),
        Trial(
            "quality.max_amount",
            _PLAIN,
            pipeline="business: {timezone: Asia/Jakarta, currency: IDR}\nquality: {max_amount: 1000000000}",
        ),
    ),
)

NBSP = Export(
    case="nbsp",
    files={
        "o.csv": "order_id,customer_id,ordered_at,amount\n"
        + "".join(
            f"{n},{key},2026-03-03,10.00\n"
            for n, key in enumerate(("ann", "ann\u00a0", "\u200bann", "Ann", "00123", "123", "123.0"))
        )
    },
    pipeline=_EURO,
    truth=(
        "00123: 1 order, 10.00",
        "123: 2 orders, 20.00",
        "Ann: 1 order, 10.00",
        "ann: 3 orders, 30.00",
        "warns: keys_are_written_one_way",
    ),
    shows=("customers", "accounts", "warnings"),
    trials=(Trial("nothing", _PLAIN),),
)

RAGGED = Export(
    case="ragged",
    files={
        "o.csv": "order_id,customer_id,ordered_at,amount,note\n"
        "1,a,2026-03-01,5.00,x\n2,b,2026-03-02,6.00\n3,c,2026-03-02,6.00,y,z\n,,,,\n,,,,\n\n4,d,2026-03-03,7.00,q\n"
    },
    pipeline=_EURO,
    truth=(
        "a: 1 order, 5.00",
        "b: 1 order, 6.00",
        "d: 1 order, 7.00",
        "left out of orders: 2 blank rows",
        "refused of orders: 1 malformed:too_many_columns",
    ),
    trials=(
        Trial("nothing", _PLAIN, stops=r"1 malformed:\w+.*row 3.*csv\.delimiter"),
        Trial("a quarter may be refused", _PLAIN, pipeline=_EURO + "\nquality: {max_quarantined_share: 0.25}"),
    ),
)

OF_FILES = (GERMAN, STATUS, YEARLY_IDS, YEARLY_PARTS, FILE_ORDER, CP1252, RUPIAH, NBSP, RAGGED)
