"""Features made from sources beside orders, on rows few enough to work out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.features.accounts import COMPANY, REPAYMENTS
from segmentation_pipeline.features.advocacy import ADVOCACY
from segmentation_pipeline.features.catalog import family_columns, unavailable_columns
from segmentation_pipeline.features.email import EMAIL
from segmentation_pipeline.features.family import Family
from segmentation_pipeline.features.loyalty import LOYALTY
from segmentation_pipeline.features.social import SOCIAL
from segmentation_pipeline.features.subscription import SUBSCRIPTION, USAGE
from segmentation_pipeline.features.support import SUPPORT
from segmentation_pipeline.features.survey import SURVEY
from segmentation_pipeline.features.web import WEB
from segmentation_pipeline_tests.clean.project import AS_OF, clean_all, config, write
from segmentation_pipeline_tests.features.project import Features, features, features_of_files

# As of 2025-03-31 the last 30 days begin on 2025-03-02, the last 90 on 2025-01-01, the last 365 on 2024-04-01.
CUSTOMERS = ("customer_id", "anna", "bert", "carl")
ORDERS = ("order_id,customer_id,ordered_at,amount", "o1,anna,2025-03-02,10.00")
VISITS = (
    "session_id,customer_id,started_at,duration_seconds,page_views,cart_adds,orders,category,device,traffic_source",
    "w1,anna,2024-12-31,100,9,1,0,hats,phone,ad",  # a day too early for every window
    "w2,anna,2025-01-01,60,3,2,0,hats,phone,search",  # a cart left behind
    "w3,anna,2025-03-01,30,2,0,0,shoes,phone,search",
    "w4,anna,2025-03-02,300,8,1,1,shoes,desktop,email",  # a cart that became an order
    "w5,anna,2025-03-31,,,1,,shoes,desktop,",  # nothing said of orders: there was none
    "w6,bert,2024-06-01,10,1,0,0,hats,phone,ad",
    "w7,,2025-03-30,10,1,0,0,hats,phone,ad",  # nobody logged in
    "w8,anna,2025-04-01,10,1,0,0,hats,phone,ad",  # not yet known
)
EMAILS = (
    "message_id,customer_id,event,occurred_at",
    "m1,anna,delivered,2024-12-31",
    "m1,anna,open,2025-01-01",  # the opening is inside the window, so the mailing is
    "m2,anna,delivered,2025-02-01",
    "m2,anna,open,2025-02-01 09:00",
    "m2,anna,open,2025-02-02",  # twice opened is opened
    "m2,anna,click,2025-02-02 10:00",
    "m3,anna,sent,2025-03-01",
    "m3,anna,complaint,2025-03-03",
    "m4,anna,sent,2025-03-10",
    "m4,anna,bounce,2025-03-10",
    "m0,bert,open,2024-01-01",
    "m0,bert,unsubscribe,2024-01-02",
)
SOCIAL_EVENTS = (
    "event_id,customer_id,occurred_at,network,action,sentiment",
    "e1,anna,2024-03-31,p,share,",  # a day too early for the year
    "e2,anna,2024-04-01,p,mention,-0.5",
    "e3,anna,2025-01-01,p,review,1.0",
    "e4,anna,2025-02-01,p,like,",
    "e5,anna,2023-01-01,p,follow,",
    "e6,anna,2024-01-01,p,unfollow,",
    "e7,anna,2024-02-01,f,follow,",
    "e8,bert,2025-03-01,p,follow,",
    "e9,bert,2025-03-02,p,unfollow,",
)
ANSWERS = (
    "response_id,customer_id,item,answered_at,value",
    "r1,anna,nps,2024-01-01,3",
    "r2,anna,nps,2025-01-01,9",
    "r2,anna,price_1,2025-01-01,4",
    "r3,anna,nps,2025-02-01,11",  # no answer to a question from 0 to 10
    "r4,bert,other,2025-01-01,5",
)
TICKETS = (
    "ticket_id,customer_id,opened_at,closed_at,satisfaction,answered_at",
    "t1,anna,2024-03-31,2024-04-02,1,",  # a day too early for the year
    "t2,anna,2024-04-01,2024-04-03,4,2025-03-31 23:59",  # known since the last minute of the day
    "t3,anna,2025-01-01,2025-01-02,5,",
    "t4,anna,2025-03-30,,,",
    "t5,anna,2025-03-31,2025-04-02,1,",  # settled later: still open, and nothing said yet
    "t6,bert,2024-01-01,2024-01-02,,",
    "t7,bert,2025-03-01,2025-03-02,1,2025-04-01",  # said the day after
    "t8,bert,2025-03-01,,1,",  # nobody knows since when
)
LOYALTY_EVENTS = (
    "event_id,customer_id,occurred_at,event,points,expires_at,tier",
    "l1,anna,2023-01-01,joined,,,",
    "l2,anna,2024-03-31,earned,100,2025-05-30,",  # lapses within 60 days
    "l3,anna,2024-04-01,earned,50,2025-05-31,",  # lapses a day later
    "l4,anna,2024-05-01,redeemed,30,,",
    "l5,anna,2024-06-01,tier_changed,,,silver",
    "l6,anna,2024-07-01,referred,,,",
    "l7,anna,2023-07-01,referred,,,",
    "l8,anna,2024-08-01,tier_changed,,,gold",
    "l9,bert,2024-01-01,joined,,,",
    "m1,bert,2024-01-15,earned,10,2025-01-15,",
    "m2,bert,2024-02-01,left,,,",
    "m3,bert,2025-01-15,expired,10,,",
)
SUBSCRIPTION_CHANGES = (
    "subscription_id,customer_id,changed_at,status,plan,seats,monthly_amount,renews_at",
    "s1,anna,2024-01-01,trial,basic,1,0,",
    "s1,anna,2024-03-31,active,basic,2,20.00,2025-03-31",  # so it stood a year ago
    "s1,anna,2025-02-01,active,pro,5,50.00,2026-01-01",
    "s2,anna,2024-06-01,active,basic,1,10.00,2025-06-01",
    "s2,anna,2025-03-01,paused,basic,1,10.00,2025-06-01",
    "s3,bert,2023-01-01,active,basic,3,30.00,2024-01-01",
    "s3,bert,2024-12-01,cancelled,,,,",
)
USES = (
    "customer_id,used_at,feature,quantity",
    "anna,2025-03-02,a,2",
    "anna,2025-03-02 10:00,b,",  # nothing said: once
    "anna,2025-03-01,a,5",
    "anna,2025-01-30,c,7",  # a day too early for the 30 days before the last 30
    "bert,2024-12-31,a,1",  # a day too early for every window
)
COMPANIES = ("customer_id,industry,employees,annual_revenue", "anna,trade,9,1000.00", "bert,software,250,")
INSTALMENTS = (
    "loan_id,instalment,customer_id,due_at,amount_due,paid_at",
    "k1,1,anna,2024-03-31,10,2024-04-05",  # late, a day too early for the year
    "k1,2,anna,2024-04-30,10,2024-04-30",
    "k1,3,anna,2024-05-30,10,2024-06-01",
    "k1,4,anna,2025-03-30,10,",
    "k1,5,anna,2025-03-31,10,",  # not paid by the end of its day: late, and overdue tomorrow
    "k2,1,bert,2025-01-01,20,2025-01-01",
    "k2,2,bert,2025-02-01,20,2025-04-02",  # paid later: not known yet
)
FILES = {
    "customers": CUSTOMERS,
    "orders": ORDERS,
    "web_sessions": VISITS,
    "email_events": EMAILS,
    "social_events": SOCIAL_EVENTS,
    "surveys": ANSWERS,
    "support": TICKETS,
    "loyalty": LOYALTY_EVENTS,
    "subscriptions": SUBSCRIPTION_CHANGES,
    "usage": USES,
    "firmographics": COMPANIES,
    "repayments": INSTALMENTS,
}
CONFIG = config({name: {} for name in FILES})
EXPECTED: dict[str, tuple[Family, dict[str, object], dict[str, object]]] = {
    "web": (
        WEB,
        {
            "last_web_session_date": date(2025, 3, 31),
            "web_recency_days": 0,
            "web_sessions_30d": 2,
            "web_sessions_90d": 4,
            "web_page_views_90d": 13,
            "web_seconds_90d": 390,
            "web_cart_sessions_90d": 3,
            "web_abandoned_carts_90d": 2,
            "web_order_sessions_90d": 1,
            "web_category": "shoes",
            "web_device": "desktop",  # two and two: by name
            "web_traffic_source": "search",
        },
        {
            "last_web_session_date": date(2024, 6, 1),
            "web_recency_days": 303,
            **dict.fromkeys(
                (
                    "web_sessions_30d",
                    "web_sessions_90d",
                    "web_page_views_90d",
                    "web_seconds_90d",
                    "web_cart_sessions_90d",
                    "web_abandoned_carts_90d",
                    "web_order_sessions_90d",
                ),
                0,
            ),
            **dict.fromkeys(("web_category", "web_device", "web_traffic_source")),
        },
    ),
    "email": (
        EMAIL,
        {
            "email_received_90d": 3,
            "email_opened_90d": 2,
            "email_clicked_90d": 1,
            "email_bounced_90d": 1,
            "email_open_rate_90d": 0.666667,
            "email_click_rate_90d": 0.333333,
            "last_email_open_date": date(2025, 2, 2),
            "email_recency_days": 57,
            "last_email_unsubscribe_date": None,
            "last_email_complaint_date": date(2025, 3, 3),
        },
        {
            "email_received_90d": 0,
            "email_opened_90d": 0,
            "email_clicked_90d": 0,
            "email_bounced_90d": 0,
            "email_open_rate_90d": None,
            "email_click_rate_90d": None,
            "last_email_open_date": date(2024, 1, 1),
            "email_recency_days": 455,
            "last_email_unsubscribe_date": date(2024, 1, 2),
            "last_email_complaint_date": None,
        },
    ),
    "social": (
        SOCIAL,
        {
            "social_events_90d": 2,
            "social_shares_365d": 1,
            "social_reviews_365d": 1,
            "social_follower": True,
            "social_sentiment_365d": 0.25,
        },
        {
            "social_events_90d": 0,
            "social_shares_365d": 0,
            "social_reviews_365d": 0,
            "social_follower": False,
            "social_sentiment_365d": None,
        },
    ),
    "advocacy": (
        ADVOCACY,
        {"nps": 9.0, "nps_date": date(2025, 1, 1), "nps_days": 89},
        {"nps": None, "nps_date": None, "nps_days": None},
    ),
    "survey": (
        SURVEY,
        {"survey_date": date(2025, 2, 1), "survey_days": 58},
        {"survey_date": date(2025, 1, 1), "survey_days": 89},
    ),
    "support": (
        SUPPORT,
        {
            "tickets_90d": 3,
            "tickets_365d": 4,
            "open_tickets": 2,
            "last_ticket_date": date(2025, 3, 31),
            "ticket_recency_days": 0,
            "support_satisfaction_365d": 4.5,
        },
        {
            "tickets_90d": 2,
            "tickets_365d": 2,
            "open_tickets": 1,
            "last_ticket_date": date(2025, 3, 1),
            "ticket_recency_days": 30,
            "support_satisfaction_365d": None,
        },
    ),
    "loyalty": (
        LOYALTY,
        {
            "loyalty_member": True,
            "loyalty_joined_date": date(2023, 1, 1),
            "loyalty_days": 820,
            "loyalty_tier": "gold",
            "points_balance": 120,
            "points_earned_365d": 50,
            "points_redeemed_365d": 30,
            "points_expiring_60d": 70,  # of 100 that lapse, 30 were spent first
            "last_redemption_date": date(2024, 5, 1),
            "referrals": 2,
            "referrals_365d": 1,
        },
        {
            "loyalty_member": False,
            "loyalty_joined_date": date(2024, 1, 1),
            "loyalty_days": 455,
            "loyalty_tier": None,
            "points_balance": 0,
            "points_earned_365d": 0,
            "points_redeemed_365d": 0,
            "points_expiring_60d": 0,
            "last_redemption_date": None,
            "referrals": 0,
            "referrals_365d": 0,
        },
    ),
    "subscription": (
        SUBSCRIPTION,
        {
            "subscriptions_running": 1,
            "subscription_status": "paused",
            "subscription_plan": "basic",
            "subscribed_date": date(2024, 1, 1),
            "subscribed_days": 455,
            "subscription_cancelled_date": None,
            "seats": 5,
            "seats_a_year_ago": 2,
            "monthly_amount": Decimal("50.00"),
            "renewal_date": date(2026, 1, 1),
            "days_to_renewal": 276,
        },
        {
            "subscriptions_running": 0,
            "subscription_status": "cancelled",
            "subscription_plan": "basic",
            "subscribed_date": date(2023, 1, 1),
            "subscribed_days": 820,
            "subscription_cancelled_date": date(2024, 12, 1),
            "seats": 0,
            "seats_a_year_ago": 3,
            "monthly_amount": Decimal("0.00"),
            "renewal_date": None,
            "days_to_renewal": None,
        },
    ),
    "usage": (
        USAGE,
        {
            "usage_30d": 3,
            "usage_previous_30d": 5,
            "usage_days_30d": 1,
            "usage_features_90d": 3,
            "last_usage_date": date(2025, 3, 2),
            "usage_recency_days": 29,
        },
        {
            "usage_30d": 0,
            "usage_previous_30d": 0,
            "usage_days_30d": 0,
            "usage_features_90d": 0,
            "last_usage_date": date(2024, 12, 31),
            "usage_recency_days": 90,
        },
    ),
    "company": (
        COMPANY,
        {"industry": "trade", "company_employees": 9, "company_size": "micro", "company_revenue": Decimal("1000.00")},
        {"industry": "software", "company_employees": 250, "company_size": "large", "company_revenue": None},
    ),
    "repayments": (
        REPAYMENTS,
        {
            "loans": 1,
            "instalments_due_365d": 4,
            "instalments_late_365d": 3,
            "instalments_overdue": 1,
            "overdue_amount": Decimal("10.00"),
            "overdue_since_date": date(2025, 3, 30),
            "overdue_days": 1,
            "on_time_share_365d": 0.25,
        },
        {
            "loans": 1,
            "instalments_due_365d": 2,
            "instalments_late_365d": 1,
            "instalments_overdue": 1,
            "overdue_amount": Decimal("20.00"),
            "overdue_since_date": date(2025, 2, 1),
            "overdue_days": 58,
            "on_time_share_365d": 0.5,
        },
    ),
}


def _write(folder: Path) -> Path:
    for name, lines in FILES.items():
        write(folder, name, *lines)
    return folder


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Features:
    engine = DuckDBEngine(None)
    found = features_of_files(engine, _write(tmp_path_factory.mktemp("events")), CONFIG)
    engine.close()
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_every_column_of_the_family(found: Features, name: str) -> None:
    family, anna, bert = EXPECTED[name]
    names = [column.name for column in family_columns(family, CONFIG)]
    assert {name: found["anna"][name] for name in names} == anna
    assert {name: found["bert"][name] for name in names} == bert


@pytest.mark.parametrize("name", EXPECTED)
def test_who_did_nothing_has_zeros_and_unknowns(found: Features, name: str) -> None:
    family, _, _ = EXPECTED[name]
    for column in family_columns(family, CONFIG):
        assert found["carl"][column.name] == (0 if column.null_means is None else None)  # False is 0 too


@pytest.mark.parametrize("name", EXPECTED)
def test_without_the_source_the_columns_are_off_and_the_source_is_named(name: str) -> None:
    family, anna, _ = EXPECTED[name]
    (source,) = family.reads
    reasons = unavailable_columns(config({"orders": {}}))
    assert {reasons[column] for column in anna} == {f"source '{source}' is not configured"}


def test_columns_a_source_does_not_give_are_off() -> None:
    columns = {"session_id": "s", "customer_id": "c", "started_at": "t"}
    bare: Config = config({"orders": {}, "web_sessions": {"columns": columns}})
    assert [column.name for column in family_columns(WEB, bare)] == [
        "last_web_session_date",
        "web_recency_days",
        "web_sessions_30d",
        "web_sessions_90d",
    ]


@pytest.mark.long
def test_days_go_by_and_events_leave_their_windows(tmp_path: Path) -> None:
    """Runs that each build on the day before see what a run from nothing sees."""
    files, building = _write(tmp_path), DuckDBEngine(None)
    features_of_files(building, files, CONFIG)
    before = AS_OF
    for days in (1, 32, 367):
        later, changes = AS_OF + timedelta(days=days), ChangeSet(before)
        clean_all(building, files, CONFIG, later, changes)
        full_refresh = DuckDBEngine(None)
        assert features(building, CONFIG, later, changes) == features_of_files(full_refresh, files, CONFIG, later), later
        full_refresh.close()
        before = later
    building.close()


def test_who_passed_a_subscription_on_still_had_one(tmp_path: Path) -> None:
    changes = [
        SUBSCRIPTION_CHANGES[0],
        "s1,anna,2024-01-01,active,basic,2,20.00,2025-06-01",
        "s1,bert,2025-02-01,active,basic,2,20.00,2025-06-01",
    ]
    write(tmp_path, "customers", *CUSTOMERS)
    write(tmp_path, "orders", *ORDERS)
    write(tmp_path, "subscriptions", *changes)
    found = features_of_files(
        DuckDBEngine(None), tmp_path, config({name: {} for name in ("customers", "orders", "subscriptions")})
    )
    told = {
        who: (row["subscribed_date"], row["subscription_status"], row["subscriptions_running"], row["seats"])
        for who, row in found.items()
    }
    assert told["anna"] == (date(2024, 1, 1), "active", 0, 0)
    assert told["bert"] == (date(2025, 2, 1), "active", 1, 2)
    assert told["carl"] == (None, None, 0, 0)


def test_the_business_day_decides_whether_a_payment_was_late(tmp_path: Path) -> None:
    """Half past midnight in Berlin is the day after, though it is the same day in UTC."""
    write(tmp_path, "orders", *ORDERS)
    write(
        tmp_path,
        "repayments",
        INSTALMENTS[0],
        "k1,1,anna,2025-03-29,10,2025-03-30 00:30",
        "k1,2,anna,2025-03-30,10,2025-03-30 23:30",
    )
    engine = DuckDBEngine(None)
    berlin = config({"orders": {}, "repayments": {}}, business={"timezone": "Europe/Berlin"})
    assert features_of_files(engine, tmp_path, berlin)["anna"]["instalments_late_365d"] == 1
    engine.close()


def _loyalty(folder: Path, *events: str) -> tuple[object, object]:
    """Balance and points about to lapse, of events without customer and number."""
    write(folder, "orders", *ORDERS)
    told = [f"e{number},anna,{event}" for number, event in enumerate(events)]
    write(folder, "loyalty", "event_id,customer_id,event,occurred_at,points,expires_at", *told)
    engine = DuckDBEngine(None)
    row = features_of_files(engine, folder, config({"orders": {}, "loyalty": {}}))["anna"]
    engine.close()
    return row["points_balance"], row["points_expiring_60d"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("events", "balance", "expiring"),
    [
        # Lapsed without an event that says so; on the day itself too.
        (("earned,2024-01-01,100,2025-01-01", "earned,2024-06-01,50,2025-03-31", "earned,2025-01-01,20,2026-01-01"), 20, 0),
        # An event that says so says it once, whenever it comes, and of points without an end it alone does.
        (("earned,2024-01-01,100,2025-01-01", "expired,2025-01-02,100,", "earned,2025-01-01,20,2025-04-30"), 20, 20),
        (("earned,2024-01-01,100,", "expired,2025-01-01,40,"), 60, 0),
        # Redeemed before they lapsed: of 100 only 30 did, and what was redeemed after comes from the next.
        (("earned,2024-01-01,100,2025-01-01", "redeemed,2024-12-01,70,", "earned,2024-12-15,50,2025-05-01"), 50, 50),
        (
            (
                "earned,2024-01-01,100,2025-01-01",
                "redeemed,2024-12-01,70,",
                "earned,2024-12-15,50,2025-05-01",
                "redeemed,2025-02-01,20,",
            ),
            30,
            30,
        ),
        # More redeemed than what lapses: the rest is taken from later points.
        (("earned,2024-01-01,30,2025-01-01", "earned,2024-02-01,50,2025-05-01", "redeemed,2024-06-01,60,"), 20, 20),
    ],
)
def test_points_that_lapsed_are_gone(tmp_path: Path, events: tuple[str, ...], balance: int, expiring: int) -> None:
    assert _loyalty(tmp_path, *events) == (balance, expiring)


def test_an_answer_without_any_time_of_its_own_is_off_and_names_what_it_needs() -> None:
    asked = config({"orders": {}, "support": {"columns": {name: name for name in ("ticket_id", "customer_id", "opened_at")}}})
    support = asked.sources["support"].columns
    assert "support_satisfaction_365d" not in [column.name for column in family_columns(SUPPORT, asked)]
    for name in ("satisfaction", "answered_at"):
        support[name] = support["opened_at"].model_copy(update={"from_": name})
    assert "support_satisfaction_365d" in [column.name for column in family_columns(SUPPORT, asked)]
