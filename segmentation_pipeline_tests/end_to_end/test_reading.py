"""What is published is read from Python as its docstrings say; what is not there is told with the nearest name."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import segmentation_pipeline as sp
from segmentation_pipeline import reading
from segmentation_pipeline_tests.end_to_end.project import all_rows, query

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def now(sample_run: Path) -> Iterator[sp.Published]:
    with sp.published(sample_run) as made:
        yield made


def test_every_example_in_a_docstring_gives_what_it_says(sample_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are skipped where there is no publication; here is one."""
    monkeypatch.chdir(sample_run)
    runner, count = doctest.DocTestRunner(), 0
    for found in doctest.DocTestFinder().find(reading, globs={"published": sp.published}):
        for example in found.examples:
            example.options.pop(doctest.SKIP, None)
            count += 1
        runner.run(found)
    assert runner.summarize(verbose=False) == (0, count) and count >= 9


def test_tables_are_those_of_the_file(now: sp.Published, sample_run: Path) -> None:
    assert set(now.tables) == set(all_rows(sample_run))
    assert now.table("segment_catalog").fetchall() == query(sample_run, "FROM segment_catalog")


def test_segments_are_those_of_the_day_once_per_customer(now: sp.Published, sample_run: Path) -> None:
    rows = now.segments("rfm").fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    counted = dict(now.segments("rfm").aggregate("segment, count(*)", "segment").fetchall())
    assert counted == dict(query(sample_run, "SELECT rfm, count(*) FROM customer_profile WHERE rfm IS NOT NULL GROUP BY 1"))


def test_an_audience_is_the_list_that_was_written(now: sp.Published, sample_run: Path) -> None:
    folder = sample_run / "data" / "audiences" / now.as_of.isoformat() / "win_back"
    lines = (folder / "audience.csv").read_text(encoding="utf-8").splitlines()
    assert len(now.audience("win_back").fetchall()) == len(lines) - 1 > 0


def test_a_list_made_again_that_holds_nobody_gives_nobody(tmp_path: Path) -> None:
    file = tmp_path / "segmentation.duckdb"
    with duckdb.connect(str(file)) as connection:
        for statement in (
            "CREATE TABLE publication AS SELECT DATE '2026-06-30' AS as_of",
            "CREATE TABLE campaign_funnel AS SELECT DATE '2026-06-30' AS as_of, 'win_back' AS campaign, unnest([1, 2]) AS version",
            "CREATE TABLE campaign_audiences AS SELECT DATE '2026-06-30' AS as_of, 'win_back' AS campaign, 1 AS version, 'c1' AS customer_id, "
            "'email' AS channel, 'treatment' AS arm, 1 AS rank, '' AS reason",
        ):
            connection.execute(statement)
    assert sp.published(file).audience("win_back").fetchall() == []


def test_two_engines_that_published_are_told_apart(tmp_path: Path) -> None:
    published = tmp_path / "data" / "published"
    (published / "segmentation.parquet" / "publication").mkdir(parents=True)
    (published / "segmentation.duckdb").touch()
    with pytest.raises(sp.NotPublished, match=r"both by DuckDB .* and by Spark"):
        sp.published(tmp_path)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda now: now.table("customer_profil"), "did you mean 'customer_profile'?"),
        (lambda now: now.segments("rfn"), "did you mean 'rfm'?"),
        (lambda now: now.segments("it's"), "There are: "),
        (lambda now: now.audience("winback"), "did you mean 'win_back'?"),
        (lambda now: now.customers("frequenzy"), "did you mean 'frequency'?"),
    ],
)
def test_a_name_that_is_none_is_told_with_the_nearest(now: sp.Published, ask, told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(sp.NotPublished, match="is no published") as caught:
        ask(now)
    assert told in str(caught.value)


def test_a_folder_without_a_publication_is_told_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(sp.NotPublished, match="nothing was published here yet"):
        sp.published(tmp_path)
    with pytest.raises(AttributeError, match="no attribute 'publishd'"):
        sp.publishd  # type: ignore[attr-defined]  # noqa: B018
