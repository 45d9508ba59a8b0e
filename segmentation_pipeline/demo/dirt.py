"""What goes wrong in real deliveries, at known rates: every fault of the sample stands in ``faults``.

Belongs here: which source has which faults, and how often.  Does not belong here: what a fault is (``fault.py``).
"""

from __future__ import annotations

from datetime import date

from segmentation_pipeline.demo.fault import BROKEN_BYTE_MARK, Effect, Fault, duplicate, future, unknown, unparsable, untidy


def faults(as_of: date) -> dict[str, tuple[Fault, ...]]:
    """All faults by source; no row has two of them."""
    end = f"TIMESTAMP '{as_of} 23:30:00'"
    lost = Effect.QUARANTINED
    return {
        "customers": (
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
            Fault("null_key", 0.002, lost, {"cust_no": "NULL"}, extra=True),
            # A re-sent row from a system that still writes Latin-1.
            Fault("broken_bytes", 0.003, lost, {"city": f"'K{BROKEN_BYTE_MARK}ln'"}, extra=True, csv_only=True),
            # Typed by hand: lower case and blanks around the key.
            untidy("cust_no", 0.005),
            # A second address line; valid CSV, but not one line per record.
            Fault("quoted_newline", 0.01, Effect.KEPT, {"street": "street || chr(10) || 'c/o \"Probe\"'"}),
        ),
        "orders": (
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
                lost,
                {"cust_no": "'CX' || cust_no[2:]", "order_no": "'OX' || order_no[2:]"},
                extra=True,
                key="'OX' || key[2:]",
            ),
            # The amount was lost on the way.
            Fault("null_amount", 0.0006, lost, {"total": "NULL"}),
            # The customer was lost on the way.
            Fault("null_customer", 0.0004, lost, {"cust_no": "NULL"}),
            # A refund booked as an order.
            Fault("negative_amount", 0.0005, lost, {"total": "-total"}),
            # A bar code scanned as a price.
            Fault("absurd_amount", 0.0003, lost, {"total": "(total + 9000000)::DECIMAL(18,2)"}),
            # A till with a wrong clock.
            future("order_date", 0.0005),
            # A date no calendar has.
            unparsable("order_date", 0.0005),
            # Typed by hand: lower case and blanks around the key.
            untidy("cust_no", 0.01),
        ),
        "order_items": (
            # The line was sent twice.
            duplicate(0.001),
            # A line of an order that no order file lists.
            Fault("unknown_order", 0.0005, lost, {"order_no": "'OX' || order_no[2:]"}, extra=True, key="'OX' || key[2:]"),
            # The amount was lost on the way.
            Fault("null_amount", 0.0003, lost, {"line_total": "NULL"}),
            # A refund booked as a sale.
            Fault("negative_amount", 0.0003, lost, {"line_total": "-line_total"}),
            # A bar code scanned as a price.
            Fault("absurd_amount", 0.0002, lost, {"line_total": "(line_total + 9000000)::DECIMAL(18,2)"}),
            # Typed by hand: lower case and blanks around the key.
            untidy("order_no", 0.005),
        ),
        "returns": (
            # The return was booked twice.
            duplicate(0.004),
            # Goods nobody bought here.
            Fault(
                "unknown_order",
                0.005,
                lost,
                {"order_no": "'OX' || order_no[2:]", "return_no": "'RX' || return_no[2:]"},
                extra=True,
                key="'RX' || key[2:]",
            ),
            # The day was not written down.
            Fault("null_date", 0.004, lost, {"return_date": "NULL"}),
            # A refund with the sign of an accountant.
            Fault("negative_amount", 0.004, lost, {"refund": "-refund"}),
            # A date no calendar has.
            unparsable("return_date", 0.004),
            # An umlaut in the wrong encoding.
            Fault("broken_bytes", 0.005, lost, {"reason": f"'Gr{BROKEN_BYTE_MARK}sse passt nicht'"}, csv_only=True),
        ),
        "consents": (
            # The event was sent twice.
            duplicate(0.003),
            # Consent of somebody no customer file lists.
            Fault("unknown_customer", 0.002, lost, {"customer": "'CX' || customer[2:]"}, extra=True, key="'CX' || key[2:]"),
            # An event that does not say what happened.
            Fault("null_status", 0.002, lost, {"action": "NULL"}),
            # Typed by hand: lower case and blanks around the key.
            untidy("customer", 0.005),
        ),
        "suppressions": (
            # Typed by hand, as such lists are; whoever misses these rows contacts people who must not be.
            untidy("customer_id", 0.15),
        ),
        "campaign_contacts": (
            # The row was sent twice.
            duplicate(0.003),
            # A contact of somebody no customer file lists.
            Fault(
                "unknown_customer",
                0.002,
                lost,
                {"customer_id": "'CX' || customer_id[2:]"},
                extra=True,
                key="campaign || '|CX' || customer_id[2:]",
            ),
            # Typed by hand: lower case and blanks around the key.
            untidy("customer_id", 0.005),
        ),
        "marketing_costs": (
            # The bill was booked twice.
            duplicate(0.01),
            # A credit note booked as a cost.
            Fault("negative_amount", 0.005, lost, {"cost": "-cost - 1"}, extra=True),
        ),
        "stores": (
            # The list holds the store twice.
            duplicate(0.1),
            # A store without a number, from the list of another department.
            Fault("null_key", 0.1, lost, {"store": "NULL"}, extra=True),
        ),
        "places": (
            # The gazetteer holds the place twice.
            duplicate(0.002),
            # A place whose position nobody measured.
            Fault(
                "null_position",
                0.002,
                lost,
                {"place": "'X' || place", "lat": "NULL", "lon": "NULL"},
                extra=True,
                key="'X' || key",
            ),
        ),
        "store_visits": (
            # The till sent the visit twice.
            duplicate(0.003),
            # A card of somebody no customer file lists.
            unknown("visit", "customer", 0.002),
            # A store no list of stores knows.
            Fault(
                "unknown_store",
                0.001,
                lost,
                {"store": "'S99'", "visit": "'VY' || visit[3:]"},
                extra=True,
                key="'VY' || key[3:]",
            ),
            # A clock that went backwards.
            Fault("negative_seconds", 0.002, Effect.KEPT, {"seconds": "-seconds"}),
        ),
        "web_sessions": (
            # The tracker sent the visit twice.
            duplicate(0.003),
            # A visit under a customer number no customer file lists.
            Fault(
                "unknown_customer",
                0.001,
                lost,
                {"cust_no": "'CX' || session[3:8]", "session": "'WX' || session[3:]"},
                extra=True,
                key="'WX' || key[3:]",
            ),
            # The tracker's clock was not set.
            Fault("null_date", 0.001, lost, {"started": "NULL"}),
            # A counter that ran over.
            Fault("negative_pages", 0.001, Effect.KEPT, {"pages": "-pages"}),
        ),
        "email_events": (
            # The mail service called twice.
            duplicate(0.003),
            # A mailing to a test address.
            unknown("customer", "customer", 0.001),
            # An event the mail service has invented since.
            Fault("unknown_event", 0.001, lost, {"what": "'amp_render'"}),
        ),
        "social_events": (
            # The network sent the event twice.
            duplicate(0.005),
            # An event of somebody no customer file lists.
            unknown("event_no", "customer", 0.005),
            # A sentiment from another scale.
            Fault("absurd_sentiment", 0.005, Effect.KEPT, {"sentiment": "80.0"}),
        ),
        "surveys": (
            # The form was sent twice.
            duplicate(0.003),
            # An answer of somebody no customer file lists.
            unknown("response", "customer", 0.003),
            # The item was left out.
            Fault("null_item", 0.002, lost, {"item": "NULL"}),
        ),
        "support": (
            # The ticket was exported twice.
            duplicate(0.004),
            # A request of somebody no customer file lists.
            unknown("ticket", "customer", 0.004),
            # Six stars.
            Fault("absurd_satisfaction", 0.004, Effect.KEPT, {"satisfaction": "6"}),
        ),
        "loyalty": (
            # The till sent the event twice.
            duplicate(0.002),
            # A card of somebody no customer file lists.
            unknown("event_no", "customer", 0.001),
            # An event the programme has invented since.
            Fault("unknown_event", 0.001, lost, {"what": "'gamified'"}),
        ),
        "subscriptions": (
            # The change was sent twice.
            duplicate(0.004),
            # A subscription of somebody no customer file lists.
            unknown("subscription", "customer", 0.004),
            # Seats with the sign of an accountant.
            Fault("negative_seats", 0.004, Effect.KEPT, {"seats": "-seats"}),
        ),
        "usage": (
            # The event was sent twice.
            duplicate(0.003),
            # A use by somebody no customer file lists.
            unknown("customer", "customer", 0.002),
        ),
        "firmographics": (
            # A company no customer file lists.
            unknown("customer", "customer", 0.01),
            # A number of employees that is not one.
            Fault("negative_employees", 0.01, Effect.KEPT, {"employees": "-employees"}),
        ),
        "identities": (
            # The system exported the record twice.
            duplicate(0.004),
            # A record of somebody no customer file lists.
            unknown("record", "customer", 0.003),
            # A kind of identifier nobody can compare.
            Fault("unknown_kind", 0.003, lost, {"kind": "'fax'"}),
        ),
        "merge_decisions": (
            # The decision was exported twice.
            duplicate(0.05),
        ),
        "repayments": (
            # The instalment was sent twice.
            duplicate(0.004),
            # A plan of somebody no customer file lists.
            unknown("loan", "customer", 0.004),
            # The amount was lost on the way.
            Fault("null_amount", 0.003, lost, {"amount": "NULL"}),
        ),
    }
