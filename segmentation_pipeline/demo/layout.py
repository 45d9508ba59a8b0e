"""What each file of the shop looks like: its columns, how text files spell them, where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Layout:
    """``columns`` maps the file's names to SQL over ``shop_<source>``; ``text`` spells some of them
    otherwise in text files.  ``key`` is the natural key, ``parent`` the column that names the
    order a row belongs to."""

    columns: Mapping[str, str]
    key: tuple[str, ...]
    text: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    ending: str = "csv"


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


LAYOUTS: dict[str, Layout] = {
    "customers": Layout(
        columns=_same(
            "cust_no",
            "registered",
            "first_name",
            "last_name",
            "email",
            "phone",
            "birthday",
            "street",
            "zip",
            "city",
            "state",
            "country",
            "lang",
            "sex",
            "household",
            "occupation",
            "education",
            "income",
            "changed_at",
        ),
        key=("cust_no",),
        text={"birthday": "strftime(birthday, '%d.%m.%Y')"},
    ),
    "products": Layout(columns=_same("product_id", "name", "category", "brand", "unit_cost"), key=("product_id",)),
    "orders": Layout(
        columns=_same("order_no", "cust_no", "order_date", "total", "discount", "channel", "store", "status", "last_changed"),
        key=("order_no",),
    ),
    "order_items": Layout(
        columns=_same("order_no", "pos", "sku", "qty", "line_total", "line_discount"),
        key=("order_no", "pos"),
        parent="order_no",
        ending="csv.gz",
    ),
    "returns": Layout(
        columns=_same("return_no", "order_no", "return_date", "refund", "reason"),
        key=("return_no",),
        text={"return_date": "strftime(return_date, '%d.%m.%Y %H:%M')"},
        parent="order_no",
    ),
    "consents": Layout(
        columns={"customer": "customer", "channel": "channel", "purpose": "purpose", "event": "action", "at": "occurred"},
        key=("customer", "channel", "action", "occurred"),
        text={"at": "strftime(occurred, '%Y-%m-%dT%H:%M:%S')"},
        ending="jsonl",
    ),
    "suppressions": Layout(columns=_same("customer_id", "reason", "suppressed_at"), key=("customer_id",)),
    "campaign_contacts": Layout(
        columns=_same("campaign", "customer_id", "contacted_at", "channel", "arm", "converted_at", "outcome_amount"),
        key=("campaign", "customer_id"),
    ),
    "marketing_costs": Layout(columns=_same("campaign", "channel", "spent", "cost"), key=("campaign", "channel", "spent")),
    "stores": Layout(
        columns=_same("store", "name", "city", "state", "country", "lat", "lon", "opened", "closed"), key=("store",)
    ),
    "places": Layout(columns=_same("place", "country", "city", "zip", "lat", "lon", "people"), key=("place",)),
    "store_visits": Layout(
        columns=_same("visit", "customer", "store", "entered", "seconds", "orders"), key=("visit",), ending="csv.gz"
    ),
    "web_sessions": Layout(
        columns=_same("session", "cust_no", "started", "seconds", "pages", "cart_adds", "orders", "category", "device", "source"),
        key=("session",),
        ending="csv.gz",
    ),
    "email_events": Layout(
        columns={**_same("message", "customer"), "event": "what", "at": "moment"},
        key=("customer", "message", "what", "moment"),
        ending="csv.gz",
    ),
    "social_events": Layout(
        columns={**_same("event_no", "customer"), "at": "moment", **_same("network", "action", "sentiment")}, key=("event_no",)
    ),
    "surveys": Layout(
        columns={**_same("response", "customer", "item"), "at": "moment", **_same("value", "choice")}, key=("response", "item")
    ),
    "support": Layout(
        columns=_same("ticket", "customer", "opened", "closed", "topic", "satisfaction", "answered"), key=("ticket",)
    ),
    "loyalty": Layout(
        columns={**_same("event_no", "customer"), "at": "moment", "event": "what", **_same("points", "lapses", "tier")},
        key=("event_no",),
        ending="csv.gz",
    ),
    "subscriptions": Layout(
        columns=_same("subscription", "customer", "changed", "status", "plan", "seats", "per_month", "renews"),
        key=("subscription", "changed"),
    ),
    "usage": Layout(
        columns={"customer": "customer", "at": "moment", **_same("feature", "quantity")}, key=("customer", "feature", "moment")
    ),
    "firmographics": Layout(columns=_same("customer", "industry", "employees", "revenue"), key=("customer",)),
    "repayments": Layout(columns=_same("loan", "instalment", "customer", "due", "amount", "paid"), key=("loan", "instalment")),
    "identities": Layout(columns=_same("record", "customer", "system", "kind", "identifier", "seen"), key=("record",)),
    "merge_decisions": Layout(columns=_same("one", "other", "verdict", "decided"), key=("one", "other", "verdict")),
}
"""By source, in the order they are written."""
CORE = (
    "customers",
    "products",
    "orders",
    "order_items",
    "returns",
    "consents",
    "suppressions",
    "campaign_contacts",
    "marketing_costs",
    "web_sessions",
    "email_events",
    "surveys",
    "loyalty",
)
"""What is written when nothing else is asked for: the sample of the project."""
