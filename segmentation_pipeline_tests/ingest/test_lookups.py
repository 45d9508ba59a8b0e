"""Second files joined by key: values are those of exactly one row, or the row is refused, and said to be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.ingest.deliveries import settings_of
from segmentation_pipeline.ingest.load import load_source
from segmentation_pipeline.quality.look import look
from segmentation_pipeline.quality.refusals import why_refused
from segmentation_pipeline.quality.thresholds import check_thresholds
from segmentation_pipeline_tests.clean.project import AS_OF, clean, clean_all, config, reasons, rows, write
from segmentation_pipeline_tests.engine.workbook_files import write_workbook

COLUMNS = {
    "order_id": "nr",
    "customer_id": "cards.owner",
    "ordered_at": "day",
    "amount": {"expression": 'pieces * "prices.price"'},
    "channel": "prices.channel",
}
LOOKUP = {
    "cards": {"files": "cards.csv", "key": "card"},
    "prices": {"files": "prices.csv", "key": {"sku": "id"}, "csv": {"delimiter": ";"}},
}


def _write(tmp_path, *orders: str, cards=("7,c1", "008,c2"), prices=("A;2.50;web", "B;3;")):
    write(tmp_path, "orders", "nr,card,day,sku,pieces", *orders)
    write(tmp_path, "cards", "card,owner", *cards)
    write(tmp_path, "prices", "id;price;channel", *prices)


def _orders(**more: object) -> dict[str, object]:
    return {"files": "orders.csv", "columns": COLUMNS, "lookup": LOOKUP, **more}


def test_values_stand_beside_those_of_the_file_and_what_is_not_found_is_refused(engine, tmp_path):
    _write(
        tmp_path,
        "o1,7.0,2025-03-01,A,2",
        "o2,008,2025-03-01,B,1",
        "o3,7,2025-03-01,C,1",
        "o4,8,2025-03-01,A,1",
        "o5,,2025-03-01,A,1",
        "o6,7,2025-03-01,,1",
        ",,,,",
    )
    cfg = config({"orders": _orders()})
    account = clean_all(engine, tmp_path, cfg)["orders"]
    assert clean(engine, "order_id", "customer_id", "amount", "channel") == [
        ("o1", "c1", Decimal("5.00"), "web"),
        ("o2", "c2", Decimal("3.00"), None),
    ]
    assert reasons(engine) == {
        3: "malformed:not_in_lookup_prices",
        4: "malformed:not_in_lookup_cards",
        5: "missing:customer_id",
        6: "missing:amount",
    }
    assert (account.read, account.clean, account.quarantined, account.skipped_by_name) == (7, 2, 4, {"blank rows": 1})
    [line] = [row for row in engine.rows(engine.table(tables.malformed("orders"))) if row["_row"] == 3]
    assert sorted(line["line"].split(";")) == sorted(["o3", "7", "2025-03-01", "C", "1"])
    told = why_refused(engine, cfg, "orders")
    assert (
        "1 malformed:not_in_lookup_prices, such as orders.csv row 3 (is the file of sources.orders.lookup.prices complete?"
        in told
    )


def _told(engine, cfg) -> dict[str, str]:
    return {each.rule.name: each.message for each in check_thresholds(engine, cfg, "orders", AS_OF) if not each.passed}


def test_keys_that_need_not_be_found_are_counted_and_told(engine, tmp_path):
    _write(
        tmp_path, "o1,7,2025-03-01,A,2", "o2,7,2025-03-01,C,1", "t,7,2025-03-01,C,1", "o3,7,2025-03-01,,1", "o4,7,2025-03-01,D,1"
    )
    lookup = {**LOOKUP, "prices": {**LOOKUP["prices"], "unmatched": "empty"}}
    cfg = config({"orders": _orders(lookup=lookup, columns={**COLUMNS, "amount": "pieces"}, skip_when={"tests": "nr = 't'"})})
    changes = ChangeSet()
    clean_all(engine, tmp_path, cfg, changes=changes)
    told = _told(engine, cfg)
    assert "prices does not have 2 of 3 keys (sku = id), the first in orders.csv row 2" in told["lookups_have_the_keys"]
    assert "lookups_have_some_keys" not in told
    assert not [name for name in engine.table(tables.raw("orders")).columns if name.startswith("_is_in")]
    write(tmp_path, "prices", "id;price;channel", "A;2.50;web", "C;3;", "D;1;")
    clean_all(engine, tmp_path, cfg, changes=ChangeSet(AS_OF))
    assert "lookups_have_the_keys" not in _told(engine, cfg), "what was counted of a file is forgotten with it"


def test_a_second_file_that_has_none_of_many_keys_stops(engine, tmp_path):
    lookup = {**LOOKUP, "prices": {**LOOKUP["prices"], "unmatched": "empty"}}
    cfg = config({"orders": _orders(lookup=lookup, columns={**COLUMNS, "amount": "pieces"})})
    lines = [f"o{n},7,2025-03-01,X{n},1" for n in range(20)]
    _write(tmp_path, *lines)
    clean_all(engine, tmp_path, cfg)
    assert "prices does not have 20 of 20 keys" in _told(engine, cfg)["lookups_have_some_keys"]
    assert [each.severity for each in look(tmp_path, cfg, AS_OF) if "20 of 20 keys" in each.message] == ["warning", "error"]
    _write(tmp_path, *lines, "o20,7,2025-03-01,A,1")
    clean_all(engine, tmp_path, cfg)
    assert "lookups_have_some_keys" not in _told(engine, cfg)


@pytest.mark.parametrize(("unmatched", "read"), [("empty", [("o1", "web"), ("o2", None)]), ("skip", [("o1", "web")])])
def test_rows_without_a_match_are_empty_or_skipped_where_that_is_said(engine, tmp_path, unmatched, read):
    _write(tmp_path, "o1,7,2025-03-01,A,2", "o2,7,2025-03-01,C,1", "t,7,2025-03-01,C,1")
    lookup = {**LOOKUP, "prices": {**LOOKUP["prices"], "unmatched": unmatched}}
    columns = {**COLUMNS, "amount": "pieces"}
    source = _orders(lookup=lookup, columns=columns, skip_when={"tests": "nr = 't'"})
    account = clean_all(engine, tmp_path, config({"orders": source}))["orders"]
    assert clean(engine, "order_id", "channel") == read
    assert account.skipped_by_name == ({"tests": 1} if unmatched == "empty" else {"tests": 1, "not in prices": 1})


def test_what_is_skipped_need_not_be_found(engine, tmp_path):
    _write(tmp_path, "o1,7,2025-03-01,A,2", "Total,,,all,9")
    source = _orders(skip_when={"totals": "nr = 'Total'", "offline": "\"prices.channel\" = 'shop'"})
    account = clean_all(engine, tmp_path, config({"orders": source}))["orders"]
    assert account.skipped_by_name == {"totals": 1} and account.quarantined == 0


@pytest.mark.parametrize(
    ("cards", "told"),
    [
        (("7,c1", "8,c2", "7.0,c3"), "1 keys .card. appear more than once in the lookup 'cards', the first in cards.csv row 1, cards.csv row 3"),
        (("7,c1,x", "8,c2"), "cards.csv: 1 records cannot be read, the first is row 1"),
    ],
)  # fmt: skip
def test_a_second_file_in_which_nobody_can_tell_which_row_is_meant_stops(engine, tmp_path, cards, told):
    _write(tmp_path, "o1,7,2025-03-01,A,2", cards=cards)
    with pytest.raises(SourceFileError, match=told):
        clean_all(engine, tmp_path, config({"orders": _orders()}))
    assert not engine.has(tables.raw("orders"))


def test_columns_that_the_second_file_lacks_are_told_with_the_nearest(engine, tmp_path):
    _write(tmp_path, "o1,7,2025-03-01,A,2")
    for columns, lookup, told in (
        ({**COLUMNS, "channel": "prices.chanel"}, LOOKUP, r"'prices\.chanel'.*Did you mean 'prices\.channel'"),
        (COLUMNS, {**LOOKUP, "cards": {"files": "cards.csv", "key": {"card": "number"}}}, r"lookup\.cards\.key"),
        (COLUMNS, {**LOOKUP, "cards": {"files": "cards.csv", "key": {"kard": "card"}}}, r"'kard' \(orders\.lookup\.cards\.key\)"),
        (COLUMNS, {**LOOKUP, "cards": {"files": "cardz.csv", "key": "card"}}, r"sources\.orders\.lookup\.cards\.files"),
    ):
        with pytest.raises(SourceFileError, match=told):
            load_source(engine, tmp_path, "orders", SourceConfig.model_validate(_orders(columns=columns, lookup=lookup)), AS_OF)


def test_another_content_of_the_second_file_reads_the_source_again(engine, tmp_path):
    source = SourceConfig.model_validate(_orders())
    _write(tmp_path, "o1,7,2025-03-01,A,2")
    load_source(engine, tmp_path, "orders", source, AS_OF)
    assert load_source(engine, tmp_path, "orders", source, AS_OF).read == ()
    _write(tmp_path, "o1,7,2025-03-01,A,2", prices=("A;4;web",))
    assert load_source(engine, tmp_path, "orders", source, AS_OF).read == ("orders.csv",)
    assert rows(engine, tables.raw("orders"), "amount") == [("8",)]
    plain = SourceConfig.model_validate({"files": "orders.csv", "columns": {"order_id": "nr"}})
    assert "lookup" not in settings_of(plain), "what was read before compares as it did"


def test_keys_of_several_columns_and_files_of_other_formats(engine, tmp_path):
    write(tmp_path, "orders", "shop,nr,who,day,sum", "1,5,c1,2025-03-01,3", "2,5,c1,2025-03-01,4")
    write_workbook(tmp_path / "north.xlsx", {"S": [["Shop", "No", "How"], [1, 5, "web"], [None, 5, "x"], [None, 5, "y"]]})
    write_workbook(tmp_path / "south.xlsx", {"S": [["Shop", "No", "How"], [2, 5, "store"]]})
    lookup = {"how": {"files": ["north.xlsx", "south.xlsx"], "key": {"shop": "Shop", "nr": "No"}}}
    columns = {
        "order_id": {"from": ["shop", "nr"]},
        "customer_id": "who",
        "ordered_at": "day",
        "amount": "sum",
        "channel": "how.How",
    }
    clean_all(engine, tmp_path, config({"orders": {"files": "orders.csv", "columns": columns, "lookup": lookup}}))
    assert clean(engine, "order_id", "channel") == [("1-5", "web"), ("2-5", "store")]


def test_a_check_reads_the_second_file_whole(tmp_path):
    _write(tmp_path, *(f"o{n},7,2025-03-01,A,2" for n in range(30)))
    assert not look(tmp_path, config({"orders": _orders()}), date(2025, 3, 31))
    _write(tmp_path, *(f"o{n},7,2025-03-01,A,2" for n in range(30)), cards=("7,c1", "7,c2"))
    [found] = look(tmp_path, config({"orders": _orders()}), date(2025, 3, 31))
    assert "the first in cards.csv row 1, cards.csv row 2" in found.message and str(tmp_path) not in found.message
