"""Who is one customer, and what stops a merge, on clusters small enough to work out by hand."""

from __future__ import annotations

import pytest

from segmentation_pipeline.config.schema import IdentityConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.identity.people import Told, told

CARD, MAIL, PHONE, KEY = "loyalty_card", "email", "phone", "customer_key"


def test_everything_a_person_may_ask_of_one_cluster(any_engine: Engine) -> None:
    """c and a share an address, a and b a number; e's card is d's; f and g are alone."""
    found = told(
        any_engine,
        [
            ("c", MAIL, "x@example.com"),
            ("a", MAIL, "x@example.com"),
            ("a", PHONE, "+493023125001"),
            ("b", PHONE, "+493023125001"),
            ("d", CARD, "77"),
            ("e", CARD, "77"),
            ("d", MAIL, "d@example.com"),
            ("e", MAIL, "d@example.com"),
            ("f", MAIL, "f@example.com"),
            ("g", PHONE, None),
        ],
        seen="b c e",
    )
    # The one seen first gives its name; the strongest kind that leads there is named.
    assert found.merged == {"a": ("b", PHONE), "c": ("b", PHONE), "d": ("e", CARD)}
    assert found.blocked == set()
    assert found.counts == {
        ("cluster", None, 2): (1, 2),
        ("cluster", None, 3): (1, 3),
        ("joined", PHONE, None): (1, 2),
        ("joined", CARD, None): (1, 1),
        ("bridge", MAIL, None): (1, 1),  # c hangs on the address
        ("bridge", PHONE, None): (1, 1),  # b on the number; d and e share two identifiers
        ("unreadable", PHONE, None): (1, 1),
    }


@pytest.fixture(scope="module")
def town() -> Told:
    """Several small stories in one town; those of one story have ids of one first letter."""
    engine = DuckDBEngine(None)
    return told(
        engine,
        [
            # Seen on one day.
            ("a2", MAIL, "a@example.com"),
            ("a1", MAIL, "a@example.com"),
            # Number 107 of the crm is one customer, of the till and of the card programme others.
            ("b1", f"{KEY} crm", "107"),
            ("b2", f"{KEY} crm", "107"),
            ("b3", f"{KEY} till", "107"),
            ("b4", CARD, "107"),
            # Mailboxes of roles; of the second only one customer is known.
            ("c1", MAIL, "info@example.com"),
            ("c2", MAIL, "info@example.com"),
            ("c3", MAIL, "noreply@example.org"),
            # A switchboard.
            *((f"d{n}", PHONE, "+493023125000") for n in range(6)),
            # A household: two have cards of their own, so whose the third customer is nobody can tell.
            ("e1", CARD, "e1"),
            ("e2", CARD, "e2"),
            *((f"e{n}", PHONE, "+493023125111") for n in (1, 2, 3)),
            ("e3", MAIL, "e3@example.com"),
            # A chain of two kinds between two cards: the address is stronger and stands.
            ("f1", CARD, "f1"),
            ("f3", CARD, "f3"),
            *((f"f{n}", MAIL, "f@example.com") for n in (1, 2)),
            *((f"f{n}", PHONE, "+493023125222") for n in (2, 3)),
            # A chain of one kind between two cards: no link is better than the other.
            ("g1", CARD, "g1"),
            ("g3", CARD, "g3"),
            *((f"g{n}", MAIL, "g12@example.com") for n in (1, 2)),
            *((f"g{n}", MAIL, "g23@example.com") for n in (2, 3)),
            # A lost card and the new one.
            ("h1", CARD, "h old"),
            ("h1", CARD, "h new"),
            ("h2", CARD, "h new"),
            *((f"h{n}", MAIL, "h@example.com") for n in (2, 3)),
            # Two customer numbers of one system: systems have duplicates.
            ("i1", f"{KEY} crm", "i1"),
            ("i2", f"{KEY} crm", "i2"),
            *((f"i{n}", MAIL, "i@example.com") for n in (1, 2)),
        ],
    )


def _merged(town: Told, letter: str) -> dict[str, tuple[str, str]]:
    return {customer: to for customer, to in town.merged.items() if customer.startswith(letter)}


def _blocked(town: Told, letter: str) -> set[tuple[str, str, str]]:
    return {row for row in town.blocked if row[0].startswith(letter)}


def test_seen_on_one_day_the_smallest_id_is_canonical(town: Told) -> None:
    assert _merged(town, "a") == {"a2": ("a1", MAIL)}


def test_the_key_of_one_system_is_not_that_of_another(town: Told) -> None:
    assert _merged(town, "b") == {"b2": ("b1", KEY)}


def test_a_role_mailbox_identifies_nobody(town: Told) -> None:
    assert _merged(town, "c") == {}
    assert _blocked(town, "c") == {("c1", MAIL, "role_address"), ("c2", MAIL, "role_address")}
    assert town.counts["role_address", MAIL, None] == (1, 2)


def test_a_switchboard_identifies_nobody(town: Told) -> None:
    assert _merged(town, "d") == {}
    assert _blocked(town, "d") == {(f"d{n}", PHONE, "shared_widely") for n in range(6)}
    assert town.counts["shared_widely", PHONE, None] == (1, 6)


def test_the_telephone_of_a_household_joins_nobody(town: Told) -> None:
    assert _merged(town, "e") == {}
    assert _blocked(town, "e") == {(f"e{n}", PHONE, "distinct_customers") for n in (1, 2, 3)}


def test_a_chain_between_two_cards_is_not_followed(town: Told) -> None:
    assert _merged(town, "f") == {"f2": ("f1", MAIL)}
    assert _blocked(town, "f") == {(f"f{n}", PHONE, "distinct_customers") for n in (2, 3)}
    assert _merged(town, "g") == {}
    assert _blocked(town, "g") == {(f"g{n}", MAIL, "distinct_customers") for n in (1, 2, 3)}


def test_one_customer_may_have_had_two_cards(town: Told) -> None:
    assert _merged(town, "h") == {"h2": ("h1", CARD), "h3": ("h1", MAIL)}


def test_customer_numbers_can_be_declared_distinct(town: Told, engine: DuckDBEngine) -> None:
    assert _merged(town, "i") == {"i2": ("i1", MAIL)}
    one_of_both = IdentityConfig(one_per_customer=(CARD, KEY))
    rows = [
        ("i1", f"{KEY} crm", "i1"),
        ("i2", f"{KEY} crm", "i2"),
        ("j1", f"{KEY} crm", "j1"),
        ("j2", f"{KEY} till", "j2"),
        *((f"{letter}{n}", MAIL, f"{letter}@example.com") for letter in "ij" for n in (1, 2)),
    ]
    assert told(engine, rows, one_of_both).merged == {"j2": ("j1", MAIL)}


def test_no_cluster_grows_beyond_its_limit(engine: DuckDBEngine) -> None:
    """Five customers in a chain, and four."""
    chains = [
        (f"{c}{n + s}", MAIL, f"{c}{n}@example.com") for c, links in (("a", 4), ("b", 3)) for n in range(links) for s in (0, 1)
    ]
    found = told(engine, chains, IdentityConfig(max_cluster_size=4))
    assert found.merged == {f"b{n}": ("b0", MAIL) for n in (1, 2, 3)}
    assert found.blocked == {(f"a{n}", MAIL, "cluster_too_large") for n in range(5)}
    assert found.counts["cluster_too_large", MAIL, None] == (1, 5)


def test_who_shares_nothing_is_nobody_elses(engine: DuckDBEngine) -> None:
    found = told(engine, [("a", MAIL, "a@example.com"), ("b", MAIL, "b@example.com")])
    assert (found.merged, found.blocked, found.counts) == ({}, set(), {})
