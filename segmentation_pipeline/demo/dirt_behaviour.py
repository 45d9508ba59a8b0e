"""What goes wrong in deliveries of contacts, places, visits, clicks, answers, memberships and identities, at known rates."""

from __future__ import annotations

from segmentation_pipeline.demo.fault import Effect, Fault, duplicate, unknown, untidy

_LOST = Effect.QUARANTINED


def campaign_contacts() -> tuple[Fault, ...]:
    return (
        # The row was sent twice.
        duplicate(0.003),
        # A contact of somebody no customer file lists.
        Fault(
            "unknown_customer",
            0.002,
            _LOST,
            {"customer_id": "'CX' || customer_id[2:]"},
            extra=True,
            key="campaign || '|CX' || customer_id[2:]",
        ),
        # Typed by hand: lower case and blanks around the key.
        untidy("customer_id", 0.005),
    )


def marketing_costs() -> tuple[Fault, ...]:
    return (
        # The bill was booked twice.
        duplicate(0.01),
        # A credit note booked as a cost.
        Fault("negative_amount", 0.005, _LOST, {"cost": "-cost - 1"}, extra=True),
    )


def stores() -> tuple[Fault, ...]:
    return (
        # The list holds the store twice.
        duplicate(0.1),
        # A store without a number, from the list of another department.
        Fault("null_key", 0.1, _LOST, {"store": "NULL"}, extra=True),
    )


def places() -> tuple[Fault, ...]:
    return (
        # The gazetteer holds the place twice.
        duplicate(0.002),
        # A place whose position nobody measured.
        Fault(
            "null_position",
            0.002,
            _LOST,
            {"place": "'X' || place", "lat": "NULL", "lon": "NULL"},
            extra=True,
            key="'X' || key",
        ),
    )


def store_visits() -> tuple[Fault, ...]:
    return (
        # The till sent the visit twice.
        duplicate(0.003),
        # A card of somebody no customer file lists.
        unknown("visit", "customer", 0.002),
        # A store no list of stores knows.
        Fault(
            "unknown_store",
            0.001,
            _LOST,
            {"store": "'S99'", "visit": "'VY' || visit[3:]"},
            extra=True,
            key="'VY' || key[3:]",
        ),
        # A clock that went backwards.
        Fault("negative_seconds", 0.002, Effect.KEPT, {"seconds": "-seconds"}),
    )


def web_sessions() -> tuple[Fault, ...]:
    return (
        # The tracker sent the visit twice.
        duplicate(0.003),
        # A visit under a customer number no customer file lists.
        Fault(
            "unknown_customer",
            0.001,
            _LOST,
            {"cust_no": "'CX' || session[3:8]", "session": "'WX' || session[3:]"},
            extra=True,
            key="'WX' || key[3:]",
        ),
        # The tracker's clock was not set.
        Fault("null_date", 0.001, _LOST, {"started": "NULL"}),
        # A counter that ran over.
        Fault("negative_pages", 0.001, Effect.KEPT, {"pages": "-pages"}),
    )


def email_events() -> tuple[Fault, ...]:
    return (
        # The mail service called twice.
        duplicate(0.003),
        # A mailing to a test address.
        unknown("customer", "customer", 0.001),
        # An event the mail service has invented since.
        Fault("unknown_event", 0.001, _LOST, {"what": "'amp_render'"}),
    )


def social_events() -> tuple[Fault, ...]:
    return (
        # The network sent the event twice.
        duplicate(0.005),
        # An event of somebody no customer file lists.
        unknown("event_no", "customer", 0.005),
        # A sentiment from another scale.
        Fault("absurd_sentiment", 0.005, Effect.KEPT, {"sentiment": "80.0"}),
    )


def surveys() -> tuple[Fault, ...]:
    return (
        # The form was sent twice.
        duplicate(0.003),
        # An answer of somebody no customer file lists.
        unknown("response", "customer", 0.003),
        # The item was left out.
        Fault("null_item", 0.002, _LOST, {"item": "NULL"}),
    )


def support() -> tuple[Fault, ...]:
    return (
        # The ticket was exported twice.
        duplicate(0.004),
        # A request of somebody no customer file lists.
        unknown("ticket", "customer", 0.004),
        # Six stars.
        Fault("absurd_satisfaction", 0.004, Effect.KEPT, {"satisfaction": "6"}),
    )


def loyalty() -> tuple[Fault, ...]:
    return (
        # The till sent the event twice.
        duplicate(0.002),
        # A card of somebody no customer file lists.
        unknown("event_no", "customer", 0.001),
        # An event the programme has invented since.
        Fault("unknown_event", 0.001, _LOST, {"what": "'gamified'"}),
    )


def subscriptions() -> tuple[Fault, ...]:
    return (
        # The change was sent twice.
        duplicate(0.004),
        # A subscription of somebody no customer file lists.
        unknown("subscription", "customer", 0.004),
        # Seats with the sign of an accountant.
        Fault("negative_seats", 0.004, Effect.KEPT, {"seats": "-seats"}),
    )


def usage() -> tuple[Fault, ...]:
    return (
        # The event was sent twice.
        duplicate(0.003),
        # A use by somebody no customer file lists.
        unknown("customer", "customer", 0.002),
    )


def firmographics() -> tuple[Fault, ...]:
    return (
        # A company no customer file lists.
        unknown("customer", "customer", 0.01),
        # A number of employees that is not one.
        Fault("negative_employees", 0.01, Effect.KEPT, {"employees": "-employees"}),
    )


def identities() -> tuple[Fault, ...]:
    return (
        # The system exported the record twice.
        duplicate(0.004),
        # A record of somebody no customer file lists.
        unknown("record", "customer", 0.003),
        # A kind of identifier nobody can compare.
        Fault("unknown_kind", 0.003, _LOST, {"kind": "'fax'"}),
    )


def merge_decisions() -> tuple[Fault, ...]:
    return (
        # The decision was exported twice.
        duplicate(0.05),
    )


def repayments() -> tuple[Fault, ...]:
    return (
        # The instalment was sent twice.
        duplicate(0.004),
        # A plan of somebody no customer file lists.
        unknown("loan", "customer", 0.004),
        # The amount was lost on the way.
        Fault("null_amount", 0.003, _LOST, {"amount": "NULL"}),
    )
