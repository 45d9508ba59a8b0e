"""What goes wrong in real deliveries, at known rates: every fault of the sample stands in ``faults``.

Belongs here: which source has which faults, and how often.  Does not belong here: what a fault is (``fault.py``).
"""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.demo import dirt_behaviour
from segmentation_pipeline.demo.fault import BROKEN_BYTE_MARK, Effect, Fault, duplicate, future, unparsable, untidy

_LOST = Effect.QUARANTINED


def faults(as_of: date) -> dict[str, tuple[Fault, ...]]:
    """All faults by source; no row has two of them."""
    end = f"TIMESTAMP '{as_of} 23:30:00'"
    return {
        "customers": _customers(end),
        "orders": _orders(end),
        "order_items": _order_items(),
        "returns": _returns(),
        "consents": _consents(),
        "suppressions": _suppressions(),
        "campaign_contacts": dirt_behaviour.campaign_contacts(),
        "marketing_costs": dirt_behaviour.marketing_costs(),
        "stores": dirt_behaviour.stores(),
        "places": dirt_behaviour.places(),
        "store_visits": dirt_behaviour.store_visits(),
        "web_sessions": dirt_behaviour.web_sessions(),
        "email_events": dirt_behaviour.email_events(),
        "social_events": dirt_behaviour.social_events(),
        "surveys": dirt_behaviour.surveys(),
        "support": dirt_behaviour.support(),
        "loyalty": dirt_behaviour.loyalty(),
        "subscriptions": dirt_behaviour.subscriptions(),
        "usage": dirt_behaviour.usage(),
        "firmographics": dirt_behaviour.firmographics(),
        "identities": dirt_behaviour.identities(),
        "merge_decisions": dirt_behaviour.merge_decisions(),
        "repayments": dirt_behaviour.repayments(),
    }


def _customers(end: str) -> tuple[Fault, ...]:
    return (
        # The nightly export sent the row twice.
        duplicate(0.004),
        # The customer changed the e-mail address: same key, later changed_at.
        Fault(
            "correction",
            0.02,
            Effect.SUPERSEDED,
            extra=True,
            changes={
                "email": "'new.' || email",
                "changed_at": f"least(changed_at + INTERVAL 90 DAY, {end})",
                "event": f"least(changed_at + INTERVAL 90 DAY, {end})",
            },
        ),
        # A registration that broke off before it got its number.
        Fault("null_key", 0.002, _LOST, {"cust_no": "NULL"}, extra=True),
        # A re-sent row from a system that still writes Latin-1.
        Fault("broken_bytes", 0.003, _LOST, {"city": f"'K{BROKEN_BYTE_MARK}ln'"}, extra=True, csv_only=True),
        # Typed by hand: lower case and blanks around the key.
        untidy("cust_no", 0.005),
        # A second address line; valid CSV, but not one line per record.
        Fault("quoted_newline", 0.01, Effect.KEPT, {"street": "street || chr(10) || 'c/o \"Probe\"'"}),
    )


def _orders(end: str) -> tuple[Fault, ...]:
    return (
        # The till sent the order twice.
        duplicate(0.002),
        # A price corrected some days later: same key, later last_changed, other amount.
        Fault(
            "correction",
            0.003,
            Effect.SUPERSEDED,
            extra=True,
            changes={
                "total": "(total * 0.9)::DECIMAL(18,2)",
                "last_changed": f"least(event + INTERVAL 3 DAY, {end})",
                "event": f"least(event + INTERVAL 3 DAY, {end})",
            },
        ),
        # An order of a customer that no customer file lists.
        Fault(
            "unknown_customer",
            0.001,
            _LOST,
            {"cust_no": "'CX' || cust_no[2:]", "order_no": "'OX' || order_no[2:]"},
            extra=True,
            key="'OX' || key[2:]",
        ),
        # The amount was lost on the way.
        Fault("null_amount", 0.0006, _LOST, {"total": "NULL"}),
        # The customer was lost on the way.
        Fault("null_customer", 0.0004, _LOST, {"cust_no": "NULL"}),
        # A refund booked as an order.
        Fault("negative_amount", 0.0005, _LOST, {"total": "-total"}),
        # A bar code scanned as a price.
        Fault("absurd_amount", 0.0003, _LOST, {"total": "(total + 9000000)::DECIMAL(18,2)"}),
        # A till with a wrong clock.
        future("order_date", 0.0005),
        # A date no calendar has.
        unparsable("order_date", 0.0005),
        # Typed by hand: lower case and blanks around the key.
        untidy("cust_no", 0.01),
    )


def _order_items() -> tuple[Fault, ...]:
    return (
        # The line was sent twice.
        duplicate(0.001),
        # A line of an order that no order file lists.
        Fault("unknown_order", 0.0005, _LOST, {"order_no": "'OX' || order_no[2:]"}, extra=True, key="'OX' || key[2:]"),
        # The amount was lost on the way.
        Fault("null_amount", 0.0003, _LOST, {"line_total": "NULL"}),
        # A refund booked as a sale.
        Fault("negative_amount", 0.0003, _LOST, {"line_total": "-line_total"}),
        # A bar code scanned as a price.
        Fault("absurd_amount", 0.0002, _LOST, {"line_total": "(line_total + 9000000)::DECIMAL(18,2)"}),
        # Typed by hand: lower case and blanks around the key.
        untidy("order_no", 0.005),
    )


def _returns() -> tuple[Fault, ...]:
    return (
        # The return was booked twice.
        duplicate(0.004),
        # Goods nobody bought here.
        Fault(
            "unknown_order",
            0.005,
            _LOST,
            {"order_no": "'OX' || order_no[2:]", "return_no": "'RX' || return_no[2:]"},
            extra=True,
            key="'RX' || key[2:]",
        ),
        # The day was not written down.
        Fault("null_date", 0.004, _LOST, {"return_date": "NULL"}),
        # A refund with the sign of an accountant.
        Fault("negative_amount", 0.004, _LOST, {"refund": "-refund"}),
        # A date no calendar has.
        unparsable("return_date", 0.004),
        # An umlaut in the wrong encoding.
        Fault("broken_bytes", 0.005, _LOST, {"reason": f"'Gr{BROKEN_BYTE_MARK}sse passt nicht'"}, csv_only=True),
    )


def _consents() -> tuple[Fault, ...]:
    return (
        # The event was sent twice.
        duplicate(0.003),
        # Consent of somebody no customer file lists.
        Fault("unknown_customer", 0.002, _LOST, {"customer": "'CX' || customer[2:]"}, extra=True, key="'CX' || key[2:]"),
        # An event that does not say what happened.
        Fault("null_status", 0.002, _LOST, {"action": "NULL"}),
        # Typed by hand: lower case and blanks around the key.
        untidy("customer", 0.005),
    )


def _suppressions() -> tuple[Fault, ...]:
    return (
        # Typed by hand, as such lists are; whoever misses these rows contacts people who must not be.
        untidy("customer_id", 0.15),
    )
