"""Windows are declared once: rows that leave one make the customer dirty, and nobody looks at a window that is not declared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from segmentation_pipeline import features as features_package
from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config, RuleSegment
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features import stored
from segmentation_pipeline.features.catalog import FAMILIES, families
from segmentation_pipeline.features.family import Family, Inputs, UndeclaredWindow
from segmentation_pipeline.features.trailing import Trailing
from segmentation_pipeline.segmentations.kinds.rules import RulesSegmentation
from segmentation_pipeline_tests.clean.project import clean_all, config, write
from segmentation_pipeline_tests.features.project import features

DAY = date(2025, 3, 31)
LONG_AGO = date(2019, 5, 5)
DISTANCES = range(-70, 800)
"""Days from ``DAY`` back to what happened: past every window, and what lies ahead as far as any looks."""
HEADERS = {
    "customers": "customer_id,city,birth_date",
    "orders": "order_id,customer_id,ordered_at,amount,channel",
    "returns": "return_id,order_id,returned_at,amount",
    "web_sessions": "session_id,customer_id,started_at,duration_seconds,page_views,cart_adds,orders,category,device,traffic_source",
    "email_events": "message_id,customer_id,event,occurred_at",
    "social_events": "event_id,customer_id,occurred_at,network,action,sentiment",
    "surveys": "response_id,customer_id,item,answered_at,value",
    "support": "ticket_id,customer_id,opened_at,closed_at,satisfaction,answered_at",
    "loyalty": "event_id,customer_id,occurred_at,event,points,expires_at,tier",
    "subscriptions": "subscription_id,customer_id,changed_at,status,plan,seats,monthly_amount,renews_at",
    "usage": "customer_id,used_at,feature,quantity",
    "firmographics": "customer_id,industry,employees,annual_revenue",
    "repayments": "loan_id,instalment,customer_id,due_at,amount_due,paid_at",
    "store_visits": "visit_id,customer_id,store_id,visited_at,duration_seconds,orders",
    "stores": "store_id,latitude,longitude,closed_at",
    "places": "place_id,city,latitude,longitude,population",
    "campaign_contacts": "campaign,customer_id,contacted_at,channel,arm",
    "marketing_costs": "campaign,channel,spent_at,amount",
    "order_items": "order_id,line_number,product_id,quantity,amount",
    "products": "product_id,category,brand,unit_cost",
}
EVENTS = {
    # what happens to a customer of the group: a record of the source, when it happens at {day}
    "bought": ("orders", "{who},{who},{day},10,web"),
    "bought there": ("orders", "{who},{who},{day},10,store"),
    "sent back": ("returns", "{who},old {who},{day},3"),
    "looked": ("web_sessions", "{who},{who},{day},60,3,1,0,hats,phone,ad"),
    "opened": ("email_events", "{who},{who},open,{day}"),
    "talked": ("social_events", "{who},{who},{day},p,review,0.5"),
    "answered": ("surveys", "{who},{who},nps,{day},7"),
    "asked": ("support", "{who},{who},{day},{day},4,"),
    "was helped": ("support", "{who},{who},{old},{day},4,"),
    "judged": ("support", "{who},{who},2025-01-02,2025-01-02,4,{day}"),
    "earned": ("loyalty", "{who},{who},{day},earned,40,,"),
    "lapses": ("loyalty", "{who},{who},{old},earned,40,{day},"),
    "subscribed": ("subscriptions", "{who},{who},{day},active,basic,3,9,"),
    "used": ("usage", "{who},{day},chat,2"),
    "owes": ("repayments", "{who},1,{who},{day},20,"),
    "paid at once": ("repayments", "{who},1,{who},{day},20,{day}"),
    "paid late": ("repayments", "{who},1,{who},2024-06-01,20,{day}"),
    "came": ("store_visits", "{who},{who},s1,{day},60,1"),
    "was told": ("campaign_contacts", "spring {who},{who},{day},email,treatment"),
    "was born": ("customers", "{who},Dorf,{born}"),
}


def _config() -> Config:
    made = config(
        {name: {} for name in HEADERS},
        business={"timezone": "Europe/Berlin"},
        quality={"max_future_days": 100},
        features={
            "channels": ["web", "store"],
            "store_channels": ["store"],
            "region_maps": {"north": [{"name": "north", "cities": ["Dorf"]}]},
            "occasions": {"birthday": {"kind": "birthday", "days_before": 14, "days_after": 1}},
            "public_holidays": True,
        },
    )
    asked = ("count(web_sessions, 45) > 0", "total(orders.amount, 200) > 0", "count(usage, 7) > 1", "count(returns, 12) > 0")
    rules = tuple(RuleSegment(name=f"s{number}", when=rule) for number, rule in enumerate(asked))
    asks = RulesSegmentation(kind="rules", title="Asks", segments=rules)
    attributes = (
        "age_years",
        "birthday",
        "birth_month",
        "city",
        "country",
        "urbanity",
        "store_distance_km",
        "nearest_store",
        "store_distance_band",
    )
    return made.model_copy(
        update={"segmentations": {"asks": asks}, "privacy": made.privacy.model_copy(update={"attributes": attributes})}
    )


CONFIG = _config()
STORES = CONFIG.model_copy(
    update={
        "sources": {name: CONFIG.sources[name] for name in ("customers", "orders", "stores", "places")},
        "segmentations": {},
    }
)
"""What the distance to a store is reckoned from."""


def _write(folder: Path, distances: range = DISTANCES) -> None:
    """To a customer of their own each of the events happens at each distance, and nothing else does but an old order."""
    records: dict[str, list[str]] = {name: [] for name in HEADERS}
    records["stores"] = ["s1,50.0,9.0,"]
    records["places"] = ["p1,Dorf,50.1,9.1,900"]
    for group, (event, (source, record)) in enumerate(EVENTS.items()):
        for distance in distances:
            who, day = f"{event[:3]}{group}x{distance}".replace("-", "m"), DAY - timedelta(days=distance)
            # On the day the birthday is as many years back as it takes to be born by then.
            born = day.replace(year=1980, day=min(day.day, 28))
            records[source].append(record.format(who=who, day=day, old=LONG_AGO, born=born))
            if source != "customers":
                records["customers"].append(f"{who},,")
            if event == "was told":
                records["marketing_costs"].append(f"spring {who},email,2019-01-01,50")
            if event == "sent back":
                records["orders"].append(f"old {who},{who},{LONG_AGO},100,web")
            if event == "was born":
                records["orders"].append(f"old {who},{who},2024-01-01,100,web")
            if event == "bought there":
                records["web_sessions"].append(f"by {who},{who},{day - timedelta(days=3)},,,,,,,")
    for name, header in HEADERS.items():
        write(folder, name, header, *records[name])


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inputs]:
    """What families read of a shop with every source, the order facts included."""
    engine, folder = DuckDBEngine(None), tmp_path_factory.mktemp("inputs")
    _write(folder, range(0, 3))
    clean_all(engine, folder, CONFIG, DAY)
    features(engine, CONFIG, DAY)
    yield stored.state_inputs(engine, CONFIG, DAY)
    engine.close()


def _look(family: Family, inputs: Inputs) -> None:
    """Let the family make its expressions, as a run does."""
    seen = inputs.of(family)
    family.order_sums(inputs.order_events.mutate(local_hour=1), lambda window: seen.inside(window, inputs.order_events), CONFIG)
    family.build(seen)


def test_the_shop_of_this_test_has_every_family() -> None:
    assert set(FAMILIES) <= set(families(CONFIG))
    assert {family.name for family in families(CONFIG) if family.windows} > {"windows", "web", "repayments", "asked_usage"}


@pytest.mark.slow
@pytest.mark.parametrize("family", families(CONFIG), ids=lambda family: family.name)
def test_every_window_looked_at_is_declared_and_every_window_declared_is_looked_at(family: Family, inputs: Inputs) -> None:
    _look(family, inputs)
    windows = (*family.windows, *family.shared_windows)
    assert len(set(windows)) == len(windows)
    for window in windows:
        kept = {kind: tuple(w for w in getattr(family, kind) if w != window) for kind in ("windows", "shared_windows")}
        forgetful = replace(family, **kept)
        with pytest.raises(
            UndeclaredWindow, match=re.escape(f"family '{family.name}' looks at {window}; add it to the family's windows")
        ):
            _look(forgetful, inputs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "family", [family for family in families(CONFIG) if family.expired_between], ids=lambda family: family.name
)
def test_only_who_says_whose_rows_expire_sees_the_day(family: Family, inputs: Inputs) -> None:
    with pytest.raises(UndeclaredWindow, match=f"family '{family.name}' reads as_of"):
        _look(replace(family, expired_between=None), inputs)


def test_a_window_over_what_the_family_does_not_read_is_refused_where_it_is_declared() -> None:
    web = next(family for family in FAMILIES if family.name == "web")
    with pytest.raises(
        UndeclaredWindow, match=r"family 'web' declares the last 30 days by usage\.event_date, and reads no such source"
    ):
        replace(web, windows=(Trailing("usage", 30),))


def test_families_reckon_with_days_through_their_windows_alone() -> None:
    """Whoever adds days to a day moves a boundary; that is for windows, for birthdays and for the room itself, which hands the day to them."""
    [folder] = features_package.__path__
    reckoning = {
        file.name
        for file in Path(folder).glob("*.py")
        if re.search(r"timedelta|as_interval|date\.today|ibis\.(now|today|interval)|inputs\.day\b", file.read_text())
    }
    assert reckoning == {"trailing.py", "birthday.py", "business_clock.py", "build.py", "dirty.py"}


def _state(engine: DuckDBEngine) -> dict[str, dict[str, object]]:
    return {str(row.pop("customer_id")): row for row in engine.rows(engine.table(tables.CUSTOMER_STATE))}


@pytest.mark.long
def test_at_every_edge_of_every_window_the_rows_are_those_made_anew(tmp_path: Path) -> None:
    """Whoever did one thing, so and so many days ago: a window nobody derives leaves some of them stale."""
    _write(tmp_path)
    engine, before = DuckDBEngine(None), DAY
    clean_all(engine, tmp_path, CONFIG, DAY)
    features(engine, CONFIG, DAY)
    counted = len(_state(engine))
    assert counted > len(EVENTS) * 780
    for days in (1, 30, 366, -3, 401):
        day = DAY + timedelta(days=days)
        changes = ChangeSet(before)
        clean_all(engine, tmp_path, CONFIG, day, changes)
        built_on = features(engine, CONFIG, day, changes), _state(engine)
        dirty = engine.count(engine.table(tables.DIRTY_CUSTOMERS))
        full_refresh = features(engine, CONFIG, day), _state(engine)
        assert built_on == full_refresh, day
        if days == 1:
            assert 0 < dirty < counted / 50, "a day concerns few"
        before = day
    engine.close()


@pytest.mark.slow
def test_a_store_that_closes_is_as_good_as_one_that_changed(tmp_path: Path) -> None:
    _write(tmp_path, range(0, 2))
    write(tmp_path, "stores", HEADERS["stores"], "s1,50.0,9.0,", f"s2,50.1,9.1,{DAY + timedelta(days=2)}")
    engine, distances = DuckDBEngine(None), []
    clean_all(engine, tmp_path, STORES, DAY)
    features(engine, STORES, DAY)
    for days in (1, 2, 3):
        changes, day = ChangeSet(DAY + timedelta(days=days - 1)), DAY + timedelta(days=days)
        clean_all(engine, tmp_path, STORES, day, changes)
        distances.append(features(engine, STORES, day, changes)["was19x0"]["nearest_store"])
    assert distances == ["s2", "s1", "s1"]
    engine.close()
