"""A delivery that lost rows, files, values or opt-outs stops, by comparison with the last run that came to its end."""

from __future__ import annotations

import pytest

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.ingest import deliveries
from segmentation_pipeline.ingest.deliveries import ShrunkError
from segmentation_pipeline.ingest.known_noes import Ledger, release
from segmentation_pipeline_tests.cases.deliveries import WAYS, outcome
from segmentation_pipeline_tests.ingest.nights import AS_OF, Shop

ORDERS = "order_id,customer_id,ordered_at,amount\no1,c1,2026-06-30,5\n"
HEAD = "customer_id,email,suppressed_at,ends_on\n"
ROWS = [f"s{n},,2026-01-0{n},\n" for n in range(1, 5)]


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
def test_what_a_delivery_may_not_lose(way):
    said = outcome(way)
    assert (said is None) == (way.stops is None), said
    assert said is None or way.stops in said


@pytest.fixture
def shop(engine, tmp_path):
    made = Shop(tmp_path, {"orders": {}, "suppressions": {"files": "s*.csv"}}, engine=engine)
    made.deliver({"orders.csv": ORDERS, "s.csv": HEAD + "".join(ROWS)})
    made.night()
    return made


def test_a_run_that_stops_replaces_nothing_and_the_next_stops_too(shop):
    shop.deliver({"s.csv": HEAD})
    for _ in range(2):
        with pytest.raises(ShrunkError, match="4 rows before, 0 now"):
            shop.night()
        assert shop.engine.count(shop.engine.table(tables.raw("suppressions"))) == 4
    shop.deliver({"s.csv": HEAD + "".join(ROWS)})
    shop.night()


def test_what_was_lost_is_accepted_by_name_once_and_recorded(shop):
    shop.deliver({"s.csv": HEAD + ROWS[0]})
    with pytest.raises(ShrunkError, match="--accept-shrunk suppressions"):
        shop.night(accept=["orders"])
    shop.night(accept=["suppressions"])
    rows = shop.engine.rows(shop.engine.table(deliveries.ACCEPTED))
    assert {(row["source"], row["as_of"]) for row in rows} == {("suppressions", AS_OF)}
    assert any("3 known opt-outs are gone" in str(row["what"]) for row in rows)
    shop.night()
    shop.deliver({"s.csv": HEAD})
    with pytest.raises(ShrunkError):
        shop.night()


def test_noes_of_addresses_are_known_by_digests_alone(shop):
    shop.deliver({"s.csv": HEAD + "".join(ROWS) + ",ann@mail.test,2026-01-01,\n,bob@mail.test,2026-01-01,\n"})
    shop.night()
    known = shop.engine.rows(shop.engine.table(tables.known_noes("suppressions")))
    assert len(known) == 6 and not any("mail.test" in str(row) or "s1" in str(row["who"]) for row in known)
    shop.deliver({"s.csv": HEAD + "".join(ROWS) + ",ANN@mail.test\u00a0,2026-01-01,\n"})
    with pytest.raises(ShrunkError, match=r"1 known opt-outs are gone, last seen at s\.csv:6"):
        shop.night()


def test_a_no_whose_day_is_corrected_is_still_there_and_one_that_moved_back_is_not(shop):
    shop.deliver({"s.csv": HEAD + "".join(ROWS[1:]) + "s1,,soon,\n"})
    shop.pipeline["quality"] = {"max_quarantined_share": 1.0}
    shop.night()
    shop.deliver({"s.csv": HEAD + "".join(ROWS)})
    shop.night()
    shop.deliver({"s.csv": HEAD + "".join(ROWS).replace("2026-01-04", "2025-01-04")})
    with pytest.raises(ShrunkError, match="1 known opt-outs are gone"):
        shop.night()


def test_rows_that_leave_on_purpose_are_not_missed(shop):
    engine, settings = shop.engine, shop.configured()
    raw = engine.table(tables.raw("suppressions"))
    ledger = Ledger("suppressions", settings.sources["suppressions"], settings.pipeline.business, AS_OF)
    release(engine, ledger, raw.filter(raw.customer_id == "s1"))
    shop.deliver({"s.csv": HEAD + "".join(ROWS[1:])})
    shop.night()


def test_a_source_that_leaves_the_configuration_for_good_leaves_no_row(shop):
    del shop.sources["suppressions"]
    with pytest.raises(ShrunkError, match=r"suppressions.*no longer names it"):
        shop.night()
    assert shop.engine.has(tables.raw("suppressions"))
    assert shop.night(accept=["suppressions"]) == ["suppressions"]
    assert not any(shop.engine.has(table) for table in tables.of_source("suppressions"))
    assert shop.night() == []
