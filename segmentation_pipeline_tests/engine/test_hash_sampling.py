"""Draws depend on salt and id alone."""

from __future__ import annotations

import hashlib

import ibis
import pytest

from segmentation_pipeline.engine.hash_sampling import bounded_sample, drawn_part, in_sample, sampling_hash, uniform

IDS = [f"c{number}" for number in range(2_000)]


def table_of(engine):
    return engine.memtable({"id": IDS}, {"id": "string"})


def chosen(engine, share: float, salt: str = "salt") -> set[str]:
    table = table_of(engine)
    return {row["id"] for row in engine.rows(table.filter(in_sample(table.id, salt, share)))}


def test_a_draw_is_the_sha256_of_salt_and_id(engine):
    table = engine.memtable({"id": ["anna"]}, {"id": "string"})
    assert engine.rows(table.select(draw=sampling_hash(table.id, "s"))) == [{"draw": hashlib.sha256(b"s|anna").hexdigest()}]


def test_shares_hold_grow_and_repeat(engine):
    some = {share: chosen(engine, share) for share in (0.0, 0.1, 0.3, 0.9, 1.0)}
    assert len(some[0.0]) == 0 and some[1.0] == set(IDS)
    assert some[0.1] < some[0.3] < some[0.9]
    assert len(some[0.1]) == pytest.approx(200, abs=45) and len(some[0.3]) == pytest.approx(600, abs=70)
    assert chosen(engine, 0.3) == some[0.3]


def test_another_salt_draws_others_independently(engine):
    both = chosen(engine, 0.3) & chosen(engine, 0.3, "other salt")
    assert len(both) == pytest.approx(180, abs=45)


def test_a_sample_is_bounded_stable_and_whole_when_it_fits(engine):
    table = table_of(engine)
    sample = engine.rows(bounded_sample(table, "id", "s", 500, len(IDS)).order_by("id"))
    assert len(sample) == pytest.approx(500, abs=70)
    assert engine.rows(bounded_sample(table, "id", "s", 500, len(IDS)).order_by("id")) == sample
    assert engine.count(bounded_sample(table, "id", "s", 2_000, len(IDS))) == len(IDS)


def test_drawing_does_not_depend_on_the_rows_around(engine):
    one = ibis.memtable({"id": ["c7"]})
    assert (engine.count(one.filter(in_sample(one.id, "salt", 0.3))) == 1) == ("c7" in chosen(engine, 0.3))


def test_parts_have_their_shares_and_another_part_at_the_end_takes_from_the_last(engine):
    table = table_of(engine)

    def parts(**shares: float) -> dict[str, str]:
        return {row["id"]: row["part"] for row in engine.rows(table.select("id", part=drawn_part(table.id, "salt", shares)))}

    found = parts(a=0.5, b=0.3, c=0.2)
    counted = [list(found.values()).count(part) for part in "abc"]
    assert counted == pytest.approx([1000, 600, 400], abs=90)
    assert {i for i, part in found.items() if part == "a"} == chosen(engine, 0.5)
    finer = parts(a=0.5, b=0.3, c=0.1, d=0.1)
    assert all(finer[i] == part or (part, finer[i]) == ("c", "d") for i, part in found.items())
    assert set(parts(all=1.0).values()) == {"all"}


def test_a_uniform_number_is_that_of_the_first_digits_of_the_draw(engine):
    table = table_of(engine)
    found = {row["id"]: row["u"] for row in engine.rows(table.select("id", u=uniform(table.id, "s")))}
    assert found == {i: int(hashlib.sha256(f"s|{i}".encode()).hexdigest()[:6], 16) / 16**6 for i in IDS}
    assert sum(found.values()) / len(IDS) == pytest.approx(0.5, abs=0.03)
