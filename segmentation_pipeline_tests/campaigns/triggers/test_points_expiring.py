"""Points that lapse: those redeemed before are taken from the ones that lapse first."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns.triggers.world import CONFIG, at, happened, trigger, write
from segmentation_pipeline_tests.examples import examples

ENGINE = DuckDBEngine(None)
AS_OF = date(2026, 6, 1)
DUE = date(2026, 6, 15)
BERLIN = CONFIG.model_copy(
    update={
        "pipeline": CONFIG.pipeline.model_copy(
            update={"business": CONFIG.pipeline.business.model_copy(update={"timezone": "Europe/Berlin"})}
        )
    }
)


def event(number: int, who: str, kind: str, points: int, on: date, expires: datetime | None = None) -> dict[str, object]:
    found = {"event_id": f"e{number:02}", "customer_id": who, "event": kind, "points": points}
    return found | {"occurred_at": at(on), "expires_at": expires}


def test_what_is_left_of_them_lapses(any_engine: Engine) -> None:
    earned, redeemed = date(2025, 6, 1), date(2026, 1, 1)
    write(
        any_engine,
        "loyalty",
        event(1, "anna", "earned", 100, earned, at(DUE)),
        event(2, "bert", "earned", 100, earned, at(DUE)),
        event(3, "bert", "redeemed", 100, redeemed),
        event(4, "cora", "earned", 100, earned, at(DUE)),
        event(5, "cora", "redeemed", 70, redeemed),
        event(6, "dora", "earned", 100, earned, at(DUE + timedelta(days=1))),
        event(7, "emil", "earned", 100, earned),  # never lapse
        event(8, "fred", "earned", 50, earned, at(date(2026, 2, 1))),  # lapsed before
        event(9, "fred", "earned", 50, earned, at(DUE)),
    )
    ahead = trigger(on="points_expiring", days_before=14)
    assert happened(any_engine, ahead, AS_OF) == dict.fromkeys(["anna", "cora", "fred"], DUE)
    assert happened(any_engine, trigger(on="points_expiring", days_before=14, min_points=31), AS_OF) == dict.fromkeys(
        ["anna", "fred"], DUE
    )


def test_they_lapse_on_the_day_of_the_business() -> None:
    late = datetime(2026, 3, 28, 23, 30)  # 00:30 of the 29th in Berlin, the night the clock goes forward
    later = datetime(2026, 3, 29, 22, 30)  # 00:30 of the 30th, now in summer time
    write(
        ENGINE,
        "loyalty",
        event(1, "anna", "earned", 10, date(2026, 1, 1), late),
        event(2, "bert", "earned", 10, date(2026, 1, 1), later),
    )
    ahead = trigger(on="points_expiring", days_before=1)
    assert happened(ENGINE, ahead, date(2026, 3, 28), BERLIN) == {"anna": date(2026, 3, 29)}
    assert happened(ENGINE, ahead, date(2026, 3, 29), BERLIN) == {"bert": date(2026, 3, 30)}


EVENTS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from("ab"), st.just("earned"), st.integers(1, 5), st.integers(-20, -1), st.integers(-15, 6) | st.none()
        ),
        st.tuples(st.sampled_from("ab"), st.just("redeemed"), st.integers(1, 5), st.integers(-20, -1), st.none()),
    ),
    max_size=10,
)


@given(EVENTS, st.integers(1, 4), st.integers(0, 4), st.sampled_from([0, 3]))
@examples(30, 80)
def test_as_a_clerk_finds_it_who_keeps_each_point(events, least, ahead, within) -> None:
    rows = [
        event(n, who, kind, points, AS_OF + timedelta(days=on), None if due is None else at(AS_OF + timedelta(days=due), 13))
        for n, (who, kind, points, on, due) in enumerate(events)
    ]
    write(ENGINE, "loyalty", *rows)
    expected = {}
    for who in "ab":
        lost = lapsed_by_day([each for each in events if each[0] == who])
        days = [day for day in range(ahead - within, ahead + 1) if lost.get(day, 0) >= least]
        if days:
            expected[who] = AS_OF + timedelta(days=max(days))
    assert (
        happened(ENGINE, trigger(on="points_expiring", days_before=ahead, within_days=within, min_points=least), AS_OF)
        == expected
    )


def lapsed_by_day(events) -> dict[int, int]:
    """A purse of points, each with its day; what is redeemed on a day at noon takes those that lapse first, an hour later."""
    lapsing = sorted(due for _, kind, points, _, due in events if kind == "earned" and due is not None for _ in range(points))
    lost: dict[int, int] = {}
    spent_at = {}
    for _, kind, points, on, _ in events:
        if kind == "redeemed":
            spent_at[on] = spent_at.get(on, 0) + points
    for day in range(-20, 8):
        for _ in range(spent_at.get(day, 0)):
            if lapsing:
                lapsing.pop(0)
        lost[day] = len([due for due in lapsing if due == day])
        lapsing = [due for due in lapsing if due != day]
    return lost
