"""Strangers are never one person, and who is one keeps their id: over thousands of drawn worlds, against a clerk's card index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import ibis
import pytest

from segmentation_pipeline.change_set import ChangeSet
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.identity.identifiers import write_identifiers
from segmentation_pipeline.identity.stored import update_identity, update_merges
from segmentation_pipeline_tests.clean.project import clean_all, config
from segmentation_pipeline_tests.properties.paper_identity import Clerk, persons, told
from segmentation_pipeline_tests.properties.people_worlds import SETTINGS, World, worlds, write

pytestmark = pytest.mark.slow

WORLDS = 2000
FIRST, SECOND, THIRD = (date(2025, 3, day) for day in (1, 2, 3))
SOURCES = ("orders", "customers", "identities", "merge_decisions")
KNOWN = {"customer_id": "string", "known_on": "date", "seen_on": "date"}
TOLD = (tables.CUSTOMER_IDENTITY, tables.BLOCKED_MERGES, tables.HOUSEHOLDS, tables.IDENTITY_HEALTH, tables.FIRST_KNOWN)


class Nights(NamedTuple):
    """Who goes by whose id after the first night, and after the second, in which came what is late."""

    drawn: list[World]
    first: dict[str, str]
    second: dict[str, str]


def night(engine: Engine, folder: Path, day: date) -> dict[str, list[str]]:
    """The tables of identity after a night over the files in ``folder``, as sorted lines."""
    settings, changes = config({name: {} for name in SOURCES}, **SETTINGS), ChangeSet()
    clean_all(engine, folder, settings, day)
    write_identifiers(engine, settings, changes)
    update_identity(engine, settings, day, changes)
    update_merges(engine, day)
    return {name: sorted(str(sorted(row.items())) for row in engine.rows(engine.table(name))) for name in TOLD}


def _canonical(engine: Engine) -> dict[str, str]:
    rows = engine.rows(engine.table(tables.CUSTOMER_IDENTITY))
    return {str(row["customer_id"]): str(row["canonical_customer_id"]) for row in rows}


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    folder, engine, drawn = tmp_path_factory.mktemp("worlds"), DuckDBEngine(None), worlds(WORLDS, seed=1)
    write(folder, drawn, late=False)
    night(engine, folder, FIRST)
    first = _canonical(engine)
    write(folder, drawn, late=True)
    night(engine, folder, SECOND)
    yield Nights(drawn, first, _canonical(engine))
    engine.close()


def test_strangers_are_never_one_person(nights: Nights) -> None:
    """Placeholders join nobody; names, birth dates and decisions hold, over however many accounts."""
    for late, canonical in ((False, nights.first), (True, nights.second)):
        clerks = {world.name: Clerk(world, late=late) for world in nights.drawn}
        merged = [(clerks[w.name], person) for w in nights.drawn for person in persons(w, canonical) if len(person) > 1]
        assert told(wrong for clerk, person in merged for wrong in clerk.wrong(person)) == []
        assert len(merged) > WORLDS / 3, "worlds in which somebody has several accounts"
        assert sum(bool(clerk.never or clerk.alone) for clerk in clerks.values()) > WORLDS / 5, "and somebody decided against it"


def test_who_shares_what_is_somebodys_is_one_person_where_nothing_speaks_against_it(nights: Nights) -> None:
    for late, canonical in ((False, nights.first), (True, nights.second)):
        missed, found = [], 0
        for world in nights.drawn:
            for group in Clerk(world, late=late).surely_one():
                found += 1
                if len({canonical.get(key, key) for key in group}) > 1:
                    missed.append(f"{world.name}: {sorted(group)}")
        assert told(missed) == []
        assert found > WORLDS / 3


def test_what_comes_late_gives_nobody_another_name(nights: Nights) -> None:
    """A person somebody of whom was known goes by the id of one who was known; and by the id they had, unless they are
    two persons of before."""
    taken, changed, grown = [], [], 0
    for world in nights.drawn:
        known, before = Clerk(world, late=False).known, nights.first
        for person in persons(world, nights.second):
            name = next(iter({nights.second.get(key, key) for key in person}))
            if not person & known:
                continue
            taken += [f"{name} was not known"] if name not in known else []
            names_before = {before.get(key, key) for key in person & known}
            still = names_before & person  # none where who gave the name is another person now
            changed += [f"{name} was {names_before}"] if len(names_before) == 1 and still and still != {name} else []
            grown += bool(person - known)
    assert told(taken) == []
    assert told(changed) == []
    assert grown > WORLDS / 50, "people who have got an account more"


def test_the_order_of_rows_and_what_was_there_before_play_no_part(tmp_path: Path) -> None:
    """The same files in another order, and once more on a later night, tell the same."""
    found, drawn = [], worlds(300, seed=2)
    for order in (None, 5):
        folder, engine = tmp_path / str(order), DuckDBEngine(None)
        write(folder, drawn, late=True, shuffled=order)
        found.append(night(engine, folder, FIRST))
        if order is not None:
            again = night(engine, folder, THIRD)
            for table in (tables.CUSTOMER_IDENTITY, tables.FIRST_KNOWN):
                assert again[table] == found[0][table]
        engine.close()
    assert found[0] == found[1]
    assert all(found[0].values())


@pytest.mark.wide
def test_both_engines_tell_the_same(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Persons, blocked merges, households, health and since when each is known, on DuckDB and on Spark.

    One customer was known on an earlier night, so all others are late.
    """
    from segmentation_pipeline.engine.spark import SparkEngine

    drawn, folder = worlds(60, seed=4), tmp_path / "files"
    write(folder, drawn, late=True)
    spark = SparkEngine(request.getfixturevalue("spark").newSession(), str(tmp_path / "warehouse"))
    found = []
    for engine in (DuckDBEngine(None), spark):
        somebody = next(record.account for world in drawn for record in world.records)
        before = {"customer_id": somebody, "known_on": FIRST, "seen_on": FIRST}
        known = engine.memtable({name: [value] for name, value in before.items()}, KNOWN)
        engine.write(tables.FIRST_KNOWN, known)
        engine.write(tables.MERGE_DAYS, known.select(as_of="seen_on", segmentation=ibis.literal("email")))
        found.append(night(engine, folder, SECOND))
        engine.close()
    assert found[1] == found[0]
    assert all(found[0].values())
