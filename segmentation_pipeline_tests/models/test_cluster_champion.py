"""The champion stays until a stable and clearly better challenger comes, and a day depends on earlier days alone."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir
import numpy as np
import pytest

from segmentation_pipeline.config.schema import ClustersConfig
from segmentation_pipeline.contracts.labels import ClusterChange
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.models.cluster_champion import Contest, contest, past_of
from segmentation_pipeline.models.registry import SCHEMA, ModelVersion, registry_row

WANTED = ("x", "y")
CONFIG = ClustersConfig(features=WANTED, min_clusters=2, max_clusters=4)
REGISTRY = "models.model_registry"

Groups = list[tuple[float, float]]
TWO: Groups = [(0.0, 0.0), (10.0, 10.0)]
THREE: Groups = [*TWO, (10.0, -10.0)]


def shop(engine: DuckDBEngine, groups: Groups, each: int = 50, spread: float = 0.5) -> ir.Table:
    chance = np.random.default_rng(7)
    points = np.concatenate([np.array(group) + chance.normal(0, spread, (each, 2)) for group in groups])
    size = len(points)
    columns: dict[str, list] = {
        "customer_id": [f"c{n:04d}" for n in range(size)],
        "frequency": [1] * size,
        "monetary": [float(100 - n // each) for n in range(size)],
        "x": points[:, 0].tolist(),
        "y": points[:, 1].tolist(),
    }
    schema = {"customer_id": "string", "frequency": "int64"} | dict.fromkeys(("monetary", "x", "y"), "float64")
    return engine.memtable(columns, schema)


def run(engine: DuckDBEngine, features: ir.Table, as_of: date, config: ClustersConfig = CONFIG) -> Contest:
    """What the day's run does: the contest, and its outcome into the registry."""
    if not engine.has(REGISTRY):
        engine.write(REGISTRY, engine.memtable({name: [] for name in SCHEMA}, SCHEMA))
    past = past_of(engine, engine.table(REGISTRY), "clusters", as_of)
    held = contest(engine, features, past, config.features or WANTED, config, "salt", as_of)
    versions = [ModelVersion.kept(held.kept, as_of) if held.kept else version(held.champion, as_of, True)]
    versions += [version(held.challenger, as_of, False)] if held.challenger else []
    rows = registry_row(engine, versions[0])
    for other in versions[1:]:
        rows = rows.union(registry_row(engine, other))
    engine.replace_slice(REGISTRY, rows, {"as_of": as_of})
    return held


def version(model, as_of: date, is_champion: bool) -> ModelVersion:
    return ModelVersion(
        as_of, "clusters", model.shape.kind, is_champion, as_of, as_of, model.training_rows, WANTED, model.to_parameters(),
        model.metrics, "code", "data", model.note,
    )  # fmt: skip


def champions(engine: DuckDBEngine) -> dict[date, tuple[date, str]]:
    registry = engine.table(REGISTRY)
    rows = engine.rows(registry.filter(registry.is_champion).order_by("as_of"))
    return {row["as_of"]: (row["trained_to"], str(row["version"])) for row in rows}  # type: ignore[misc]


def test_the_first_model_is_champion_and_its_clusters_are_born(engine: DuckDBEngine) -> None:
    held = run(engine, shop(engine, TWO), date(2026, 3, 5))
    assert held.kept is None and held.champion.ids == (1, 2)
    assert [(c.change, c.customers) for c in held.changes] == [(ClusterChange.BORN, 50)] * 2


def test_between_refits_nothing_is_fitted_and_the_row_says_when_it_was(engine: DuckDBEngine) -> None:
    first = run(engine, shop(engine, TWO), date(2026, 3, 5))
    later = run(engine, shop(engine, THREE), date(2026, 3, 31))
    assert later.champion.to_parameters() == first.champion.to_parameters()
    assert later.challenger is None and later.changes == ()
    [(_, version_then), (fitted, version_now)] = champions(engine).values()
    assert (fitted, version_now) == (date(2026, 3, 5), version_then)


def test_a_better_challenger_takes_over_and_the_old_clusters_keep_their_names(engine: DuckDBEngine) -> None:
    first = run(engine, shop(engine, TWO), date(2026, 3, 5)).champion
    held = run(engine, shop(engine, THREE), date(2026, 4, 1))
    assert held.kept is None and set(first.names) < set(held.champion.names)
    assert sorted(held.champion.ids) == [1, 2, 3]
    told = {c.change: c for c in held.changes if c.change is not ClusterChange.KEPT}
    [new] = told.values()
    assert new.customers == 50 and new.after == held.champion.known[2]


@pytest.mark.parametrize("kind", ["k_means", "gaussian_mixture"])
def test_a_challenger_that_is_no_better_is_told_of_and_does_not_win(engine: DuckDBEngine, kind: str) -> None:
    config = CONFIG.model_copy(update={"kind": kind})
    features = shop(engine, THREE)
    run(engine, features, date(2026, 3, 5), config)
    held = run(engine, features, date(2026, 4, 1), config)
    assert held.kept is not None and held.challenger is not None
    assert held.challenger.note.endswith("the champion of 2026-03-05 stays")
    assert "is not more than" in held.challenger.note
    again = run(engine, features, date(2026, 4, 2), config)
    assert again.challenger is None, "once in a month is enough"
    assert {fitted for fitted, _ in champions(engine).values()} == {date(2026, 3, 5)}


def test_an_unstable_challenger_is_refused_whatever_it_is_better_by(engine: DuckDBEngine) -> None:
    config = CONFIG.model_copy(update={"min_stability": 0.9, "outlier_fence": None})
    first = run(engine, shop(engine, TWO), date(2026, 3, 5), config).champion
    held = run(engine, shop(engine, [(5.0, 5.0)], each=120, spread=3.0), date(2026, 4, 1), config)
    assert held.champion.to_parameters() == first.to_parameters()
    assert held.challenger is not None and "stability" in held.challenger.note and "below 0.9" in held.challenger.note


def test_a_day_run_again_comes_out_the_same_and_later_days_do_not_matter(engine: DuckDBEngine) -> None:
    early, late = shop(engine, TWO), shop(engine, THREE)
    run(engine, early, date(2026, 3, 5))
    first = run(engine, late, date(2026, 4, 1))
    run(engine, late, date(2026, 5, 1))
    known = engine.rows(engine.table(REGISTRY).order_by("as_of", "version"))
    again = run(engine, late, date(2026, 4, 1))
    assert again.champion.to_parameters() == first.champion.to_parameters() and again.changes == first.changes
    assert engine.rows(engine.table(REGISTRY).order_by("as_of", "version")) == known


def test_a_day_in_between_run_late_takes_the_champion_of_its_time_and_changes_no_later_day(engine: DuckDBEngine) -> None:
    run(engine, shop(engine, TWO), date(2026, 3, 5))
    run(engine, shop(engine, TWO), date(2026, 3, 20))
    before = champions(engine)
    held = run(engine, shop(engine, THREE), date(2026, 3, 12))
    assert held.kept is not None
    after = champions(engine)
    assert {day: after[day] for day in before} == before
    assert run(engine, shop(engine, TWO), date(2026, 3, 20)).champion.ids == (1, 2) and champions(engine) == after


def test_independent_days_owe_nothing_to_each_other(engine: DuckDBEngine) -> None:
    config = CONFIG.model_copy(update={"refit": "independent"})
    features = shop(engine, THREE)
    run(engine, shop(engine, TWO), date(2026, 3, 5), config)
    held = run(engine, features, date(2026, 3, 6), config)
    alone = DuckDBEngine(None)
    other = run(alone, shop(alone, THREE), date(2026, 3, 6), config)
    alone.close()
    assert held.champion.to_parameters() == other.champion.to_parameters() and held.changes == other.changes


def test_another_configuration_is_obeyed_at_once_and_names_survive_it(engine: DuckDBEngine) -> None:
    first = run(engine, shop(engine, THREE), date(2026, 3, 5)).champion
    held = run(engine, shop(engine, THREE), date(2026, 3, 6), CONFIG.model_copy(update={"kind": "gaussian_mixture"}))
    assert held.kept is None and held.champion.shape.kind == "gaussian_mixture"
    assert set(held.champion.names) == set(first.names)
    assert {c.change for c in held.changes} == {ClusterChange.KEPT}


def test_a_champion_whose_column_is_gone_gives_way(engine: DuckDBEngine) -> None:
    run(engine, shop(engine, THREE), date(2026, 3, 5))
    config = CONFIG.model_copy(update={"features": ("x",), "min_clusters": 2})
    held = run(engine, shop(engine, THREE).drop("y"), date(2026, 3, 6), config)
    assert min(held.champion.ids) == 4
    assert {c.change for c in held.changes} == {ClusterChange.BORN, ClusterChange.DIED}


def test_a_growing_shop_gets_its_clusters_as_soon_as_there_is_ground_for_them(engine: DuckDBEngine) -> None:
    assert run(engine, shop(engine, TWO, each=3), date(2026, 3, 5)).champion.names == ("all_customers",)
    waiting = run(engine, shop(engine, TWO, each=4), date(2026, 3, 6))
    assert waiting.kept is not None and waiting.challenger is None
    assert len(run(engine, shop(engine, TWO), date(2026, 3, 7)).champion.names) == 2


def test_a_row_from_before_clusters_had_an_identity_is_no_champion(engine: DuckDBEngine) -> None:
    old = ModelVersion(
        date(2026, 3, 1), "clusters", "k_means", True, None, date(2026, 3, 1), 9, WANTED,
        {"features": [], "centres": [[]], "names": ["all_customers"]}, {}, "code", "data",
    )  # fmt: skip
    engine.write(REGISTRY, registry_row(engine, old))
    assert past_of(engine, engine.table(REGISTRY), "clusters", date(2026, 3, 2)) is None
