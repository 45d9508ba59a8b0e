"""Staged rows: computed once, readable inside their block, gone after it."""

from __future__ import annotations

import pytest

from segmentation_pipeline.engine.base import Engine


def numbers(engine: Engine, *values: int):
    return engine.memtable({"n": list(values)}, {"n": "int64"})


def test_what_is_staged_stays_as_it_was_when_its_source_changes(engine):
    engine.write("a.t", numbers(engine, 1, 2))
    with engine.staged(engine.table("a.t")) as staged:
        engine.write("a.t", numbers(engine, 3))
        assert engine.count(staged) == 2


def test_a_block_inside_a_block_has_rows_of_its_own(engine):
    with engine.staged(numbers(engine, 1)) as outer, engine.staged(numbers(engine, 2)) as inner:
        assert (engine.rows(outer), engine.rows(inner)) == ([{"n": 1}], [{"n": 2}])


def test_nothing_stays_behind_even_when_the_block_fails(engine):
    with pytest.raises(LookupError), engine.staged(numbers(engine, 1)) as staged:
        raise LookupError
    with pytest.raises(Exception, match=r"(?i)staged"):
        engine.rows(staged)
