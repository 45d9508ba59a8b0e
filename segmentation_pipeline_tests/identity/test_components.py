"""Components found in the engine are those of a union-find, whatever the order of the links."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.identity.components import connected_components
from segmentation_pipeline_tests.examples import examples

ENGINE = DuckDBEngine(None)
Links = list[tuple[int, int]]

node = st.integers(0, 120)


def _found(links: Links) -> dict[str, str]:
    columns = {"a": [f"{a:03d}" for a, _ in links], "b": [f"{b:03d}" for _, b in links]}
    with ExitStack() as held:
        parts = connected_components(ENGINE, ENGINE.memtable(columns, {"a": "string", "b": "string"}), held)
        return {str(row["node"]): str(row["component"]) for row in ENGINE.rows(parts)}


def _union_find(links: Links) -> dict[str, str]:
    parent: dict[int, int] = {}

    def root(n: int) -> int:
        while parent.setdefault(n, n) != n:
            n = parent[n]
        return n

    for a, b in links:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return {f"{n:03d}": f"{root(n):03d}" for n in list(parent)}


@examples(6, 60)
@given(st.lists(st.tuples(node, node), min_size=20, max_size=160))
def test_components_are_those_of_a_union_find(links: Links) -> None:
    assert _found(links) == _found(links[::-1]) == _union_find(links)


ZIGZAG = [n // 2 if n % 2 else 499 - n // 2 for n in range(500)]
SHUFFLED = sorted(range(600), key=lambda n: n * 2654435761 % 2**32)


@pytest.mark.parametrize("chain", [ZIGZAG, SHUFFLED, list(range(500))], ids=["zigzag", "shuffled", "in order"])
def test_a_long_chain_takes_few_rounds(chain: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segmentation_pipeline.identity.components.MAX_ROUNDS", 12)
    assert set(_found(list(pairwise(chain))).values()) == {"000"}
