"""A delivery that lost rows, files, values or opt-outs stops, by comparison with the last run that came to its end."""

from __future__ import annotations

import ibis
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


CONSENTS = "customer_id,email,channel,purpose,status,occurred_at"
GRANTED_ONCE = "d,,email,marketing,granted,2026-02-01"
NO = "d,,email,marketing,withdrawn,2026-06-01"


@pytest.mark.slow
@pytest.mark.parametrize(
    "instead",
    [
        "d,,email,marketing,granted,2099-01-01",
        "d,,email,marketing,granted,2026-07-20",
        "d,other@mail.test,email,marketing,granted,2026-06-10",
        "d,,email,marketing,Subscribed,2026-06-10",
        "d,,fax,marketing,granted,2026-06-10",
        "d,,email,marketing,granted,2026-06-31",
    ],
)
def test_a_known_no_is_ended_by_a_sound_yes_to_as_much_alone(engine, tmp_path, instead):
    shop = Shop(tmp_path, {"consents": {"files": "consents.csv"}, "orders": {"files": "orders.csv"}}, engine=engine)
    orders = "order_id,customer_id,ordered_at,amount\no,d,2026-01-01,1\n"
    shop.deliver({"orders.csv": orders, "consents.csv": "\n".join([CONSENTS, GRANTED_ONCE, NO, ""])})
    shop.night()
    shop.deliver({"consents.csv": "\n".join([CONSENTS, GRANTED_ONCE, instead, ""])})
    with pytest.raises(ShrunkError, match="1 known opt-outs are gone"):
        shop.night()
    shop.deliver({"consents.csv": "\n".join([CONSENTS, GRANTED_ONCE, "d,,email,marketing,granted,2026-06-10", ""])})
    shop.night()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "stops"),
    [
        ("zz,d@mail.test,,", "zz,,,", True),
        ("zz,d@mail.test,,", "zz,other@mail.test,,", True),
        (",d@mail.test,,", "zz,d@mail.test,,", False),
        ("zz,,,", "zz,,2026-06-29,", True),
        ("zz,,2026-06-29,", "zz,,2026-06-20,", False),  # it has ended either way
        ("zz,,2026-12-31,", "zz,,2026-07-15,", True),
    ],
)
def test_a_known_no_is_one_of_everything_it_names_and_ends_only_when_it_said(engine, tmp_path, before, after, stops):
    shop = Shop(tmp_path, {"suppressions": {"files": "suppressions.csv"}, "orders": {"files": "orders.csv"}}, engine=engine)
    header = "customer_id,email,ends_on,reason,suppressed_at"
    orders = "order_id,customer_id,ordered_at,amount\no,d,2026-01-01,1\n"
    shop.deliver({"orders.csv": orders, "suppressions.csv": f"{header}\n{before},2026-01-01\n"})
    shop.night()
    shop.deliver({"suppressions.csv": f"{header}\n{after},2026-01-01\n"})
    if stops:
        with pytest.raises(ShrunkError, match="known opt-outs are gone"):
            shop.night()
    else:
        shop.night()


def test_lines_within_a_value_of_a_ledger_are_told_and_name_nobody(engine, tmp_path):
    shop = Shop(tmp_path, {"suppressions": {"files": "suppressions.csv"}, "orders": {"files": "orders.csv"}}, engine=engine)
    orders = "order_id,customer_id,ordered_at,amount\no,d,2026-01-01,1\n"
    ledger = 'customer_id,reason,suppressed_at\nq1,"moved,2026-03-01\nq2,complaint,2026-03-01\nq3,said so",2026-03-01\n'
    shop.deliver({"orders.csv": orders, "suppressions.csv": ledger + 'q4,"please,\nno more",2026-03-01\n'})
    shop.night()
    malformed = engine.rows(engine.table(tables.malformed("suppressions")).select("_row", "reason"))
    assert malformed == [{"_row": 1, "reason": "malformed:lines_within_a_value"}]
    assert [row["customer_id"] for row in engine.rows(engine.table(tables.clean("suppressions")))] == ["q4"]


def test_a_run_that_stops_leaves_the_next_source_readable(engine, tmp_path):
    shop = Shop(tmp_path, {"suppressions": {"files": "suppressions.csv"}, "orders": {"files": "orders.csv"}}, engine=engine)
    with pytest.raises(RuntimeError), engine.transaction():
        engine.rows(engine.memtable({"day": ["2026-01-01"]}, {"day": "string"}).select(day=engine.parse_local(ibis._.day, ())))
        raise RuntimeError
    header = "customer_id,suppressed_at"
    orders = "order_id,customer_id,ordered_at,amount\no,d,2026-01-01,1\n"
    shop.deliver({"orders.csv": orders, "suppressions.csv": f"{header}\nd,2026-01-01\n"})
    shop.night()
