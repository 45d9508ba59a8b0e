"""Who shares an identifier and is somebody else all the same."""

from __future__ import annotations

import itertools

import pytest

from segmentation_pipeline.config.schema import IdentityConfig
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.identity.given_names import given_names, may_be_one
from segmentation_pipeline_tests.identity.people import Identifier, told

CARD, MAIL, PHONE = "loyalty_card", "email", "phone"
MAY_BE_ONE = [
    ("Alex", "Alexander"),
    ("A.", "Anna"),
    ("ANNA", "anna"),
    ("José", "Jose"),
    ("José", "Jose\u0301"),
    ("Jürgen", "Juergen"),
    ("Jürgen", "Jurgen"),
    ("Anna-Maria", "Maria"),
    ("Hans Peter", "Peter"),
    ("Bob", "Robert"),
    ("Bella", "Isabella"),
    ("Stephan", "Stefan"),
    ("Philip", "Philipp"),
    ("Kati", "Katharina"),
    ("Dr. Karl", "Carl"),
    ("Zoë", "Zoe"),
    ("Łukasz", "Lukasz"),
    ("Анна", "Anna"),
    ("n/a", "Anna"),
    ("n/a", "Martina"),
    ("N.N.", "Martina"),
    ("keine Angabe", "Tom"),
    ("XXX", "Tom"),
    ("Gast", "Anna"),
    (None, "Anna"),
    ("Meißner", "Meissner"),
]
IS_SOMEBODY_ELSE = [
    ("Anna", "Tom"),
    ("Martin", "Martina"),
    ("Jan", "Jana"),
    ("Andrea", "Andreas"),
    ("Julia", "Julian"),
    ("Christian", "Christiane"),
    ("Alexander", "Alexandra"),
    ("Ann", "Johann"),
    ("B.", "Anna"),
    ("Anna Maria", "Karl Heinz"),
    ("Анна", "Иван"),
    ("Maria", "Marion"),
]


def test_given_names_that_may_be_one_persons_are_told_from_those_that_cannot(any_engine: Engine) -> None:
    cases = [(a, b, True) for a, b in MAY_BE_ONE] + [(a, b, False) for a, b in IS_SOMEBODY_ELSE]
    both_ways = [*cases, *((b, a, alike) for a, b, alike in cases)]
    columns = {
        "customer_id": [f"{n} {side}" for n in range(len(both_ways)) for side in "ab"],
        "first_name": [name for a, b, _ in both_ways for name in (a, b)],
    }
    names = given_names(any_engine.memtable(columns, dict.fromkeys(columns, "string")))
    a = names.filter(names.customer_id.endswith("a")).select(place=names.customer_id.split(" ")[0], one="name")
    b = names.filter(names.customer_id.endswith("b")).select(place=names.customer_id.split(" ")[0], other="name")
    pairs = a.join(b, "place")
    judged = any_engine.rows(pairs.mutate(alike=may_be_one(pairs.one, pairs.other)).group_by("place").agg(alike=_any()))
    found = {int(str(row["place"])): bool(row["alike"]) for row in judged}
    wrong = [(a, b) for n, (a, b, alike) in enumerate(both_ways) if found.get(n, True) != alike]
    assert wrong == []


def _any():
    import ibis

    return ibis._.alike.max()


def shared(*customers: str, kind: str = MAIL, value: str = "x@example.com") -> list[Identifier]:
    return [(customer, kind, value) for customer in customers]


def test_a_couple_with_one_mailbox_stays_two(any_engine: Engine) -> None:
    found = told(any_engine, shared("a", "b"), people=[("a", "Anna", None), ("b", "Tom", None)])
    assert (found.merged, found.blocked) == ({}, {(c, MAIL, "different_first_names") for c in "ab"})
    assert found.counts["different_first_names", MAIL, None] == (1, 2)


def test_birth_dates_speak_before_names(engine: DuckDBEngine) -> None:
    people = [("a", "Anna", "1980-05-05"), ("b", "Anna", "2008-01-02")]
    assert told(engine, shared("a", "b"), people=people).blocked == {(c, MAIL, "different_birth_dates") for c in "ab"}


@pytest.mark.parametrize("born", ["1900-01-01", "1970-01-01", "1850-03-04", None])
def test_a_birth_date_that_stands_for_none_contradicts_nobody(engine: DuckDBEngine, born: str | None) -> None:
    people = [("a", "Anna", "1980-05-05"), ("b", "anna", born)]
    assert told(engine, shared("a", "b"), people=people).merged == {"b": ("a", MAIL)}


def test_a_value_two_contradict_over_joins_nobody_of_all_who_have_it(engine: DuckDBEngine) -> None:
    """a and c have one name, but whose mailbox it is nobody can tell."""
    people = [("a", "Anna", None), ("b", "Tom", None), ("c", "Anna", None)]
    found = told(engine, shared("a", "b", "c"), people=people)
    assert (found.merged, found.blocked) == ({}, {(c, MAIL, "different_first_names") for c in "abc"})


def test_a_chain_does_not_bring_together_who_contradict(engine: DuckDBEngine) -> None:
    """a is Anna, c is Tom, b in between has no name."""
    rows = [*shared("a", "b"), *shared("b", "c", value="y@example.com")]
    found = told(engine, rows, people=[("a", "Anna", None), ("b", None, None), ("c", "Tom", None)])
    assert (found.merged, found.blocked) == ({}, {(c, MAIL, "different_first_names") for c in "abc"})
    # Over two kinds, what the stronger has joined stands.
    rows = [*shared("a", "b"), *shared("b", "c", kind=PHONE, value="+493023125001")]
    found = told(engine, rows, people=[("a", None, "1980-05-05"), ("b", None, None), ("c", None, "1990-01-02")])
    assert found.merged == {"b": ("a", MAIL)}
    assert found.blocked == {(c, PHONE, "different_birth_dates") for c in "bc"}


def test_contradictions_can_be_turned_off_one_by_one(engine: DuckDBEngine) -> None:
    people = [("a", "Anna", "1980-05-05"), ("b", "Tom", "1981-05-05")]
    for off, reason in (("birth_date", "different_first_names"), ("first_name", "different_birth_dates")):
        left = tuple(name for name in ("birth_date", "first_name") if name != off)
        found = told(engine, shared("a", "b"), IdentityConfig(contradictions=left), people=people)
        assert {why for _, _, why in found.blocked} == {reason}
    assert told(engine, shared("a", "b"), IdentityConfig(contradictions=()), people=people).merged == {"b": ("a", MAIL)}


@pytest.mark.slow
def test_the_order_of_rows_and_the_names_of_customers_play_no_part(engine: DuckDBEngine) -> None:
    names = {"u": "Anna", "v": "Anne", "w": "Tom"}
    outcomes = set()
    for ids in itertools.permutations("abc"):
        who = dict(zip("uvw", ids, strict=True))
        rows = [*shared(who["u"], who["v"]), *shared(who["v"], who["w"], kind=PHONE, value="+493023125001")]
        found = told(engine, rows[::-1], people=[(who[k], name, None) for k, name in names.items()])
        back = {customer: key for key, customer in who.items()}
        pair = {frozenset((back[a], back[b])) for a, (b, _) in found.merged.items()}
        outcomes.add((frozenset(pair), frozenset((back[c], kind, why) for c, kind, why in found.blocked)))
    assert len(outcomes) == 1


def test_somebody_decided_that_two_are_one_or_are_not(any_engine: Engine) -> None:
    rows = [*shared("a", "b"), *shared("e", "f", value="e@example.com")]
    decisions = [("b", "a", "never_merge"), ("c", "d", "always_merge"), ("g", "h", "always_merge"), ("h", "g", "never_merge")]
    people = [("c", "Anna", "1980-05-05"), ("d", "Tom", "1990-05-05")]
    found = told(any_engine, rows, people=people, decisions=decisions)
    # What somebody decided is not asked about names; and "never" outweighs "always".
    assert found.merged == {"d": ("c", "merge_decision"), "f": ("e", MAIL)}
    assert found.blocked == {
        *((c, MAIL, "never_merge") for c in "ab"),
        *((c, "merge_decision", "never_merge") for c in "gh"),
    }
    assert found.counts["never_merge", MAIL, None] == (1, 2)
    assert found.counts["joined", "merge_decision", None] == (1, 1)


def test_never_holds_over_a_chain_of_always_and_of_values(engine: DuckDBEngine) -> None:
    always = [("a", "b", "always_merge"), ("b", "c", "always_merge"), ("a", "c", "never_merge")]
    assert told(engine, shared("z"), decisions=always).merged == {}
    rows = [*shared("b", "c"), *shared("a", "d", kind=CARD, value="77")]
    found = told(engine, rows, decisions=[("a", "b", "always_merge"), ("c", "d", "never_merge")])
    assert found.merged == {"b": ("a", "merge_decision"), "d": ("a", CARD)}
    assert found.blocked == {(c, MAIL, "never_merge") for c in "bc"}


def test_who_was_decided_to_be_one_still_keeps_strangers_away(engine: DuckDBEngine) -> None:
    """a and b are one by decision though their names differ; c contradicts b."""
    people = [("a", "Anna", None), ("b", "Tom", None), ("c", "Karl", None)]
    found = told(engine, shared("a", "c"), people=people, decisions=[("a", "b", "always_merge")])
    assert found.merged == {"b": ("a", "merge_decision")}
    assert found.blocked == {(c, MAIL, "different_first_names") for c in "ac"}
