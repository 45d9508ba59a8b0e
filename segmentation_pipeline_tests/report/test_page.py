"""The page as a whole: it loads nothing, stays small, escapes what it shows, and can be read by whoever reads it."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.report.page import page
from segmentation_pipeline.report.write import NoReport, remove_reports, write_report
from segmentation_pipeline_tests.report.parsed import Page
from segmentation_pipeline_tests.report.tiny import BEFORE, DAY, config_of, reading, write

EVIL = "<script>alert('1')</script>\"'&"
TWO_DAYS = [{"source": "orders", "read": 1, "clean": 1, "as_of": day} for day in (BEFORE, DAY)]
STYLE = files("segmentation_pipeline.report").joinpath("templates", "style.css").read_text()


def catalog(segmentation: str, segment: str, **more: object) -> dict[str, object]:
    known = {"title": segmentation, "kind": "rules", "owner": "team:crm", "exclusive": True, "definition": "recency_days <= 90"}
    return {"segmentation": segmentation, "segment": segment, **known, **more}


def profile(segmentation: str, segment: str) -> dict[str, object]:
    figures = {"customers": 50, "customer_share": 0.1, "revenue_share": 0.1, "monetary_365d": 5000, "avg_clv": 100}
    apart = "monetary +0.6 sd, frequency +0.5 sd, discount_share -0.5 sd"
    return {"segmentation": segmentation, "segment": segment, "sets_apart": apart, **figures}


def test_whatever_names_say_they_make_no_markup(tmp_path: Path) -> None:
    config = config_of(tmp_path / "config")
    rows = {
        "row_accounting": TWO_DAYS,
        "segment_catalog": [catalog(EVIL, EVIL, title=EVIL, definition=EVIL, description=EVIL, owner=EVIL)],
        "segment_profiles": [profile(EVIL, EVIL)],
        "segment_kpis": [
            {"segmentation": EVIL, "segment": EVIL, "customers": 50, "entered": 1, "left": 1, "as_of": day}
            for day in (BEFORE, DAY)
        ],
        "segment_transitions": [
            {"segmentation": EVIL, "source": EVIL, "target": "b", "customers": 20, "period": "day", "previous_as_of": BEFORE}
        ],
        "campaign_funnel": [
            {
                "campaign": EVIL,
                "version": 1,
                "step_number": 1,
                "step": "rule",
                "reason": EVIL,
                "entered": 50,
                "left_out": 0,
                "remained": 50,
            }
        ],
        "data_quality": [
            {"table_name": EVIL, "rule": EVIL, "severity": "error", "passed": False, "description": EVIL, "observed": EVIL}
        ],
        "model_registry": [{"model": EVIL, "kind": EVIL, "version": EVIL, "is_champion": True, "note": EVIL}],
    }
    with reading(write(tmp_path / "shop.duckdb", config, rows), config) as reader:
        html = page(reader, tmp_path / "shop.duckdb").html
    found = Page(html)
    assert found.of("script") == [] and found.outside == []
    assert found.text.count(EVIL) > 10, "texts are seen as they were written"


def test_sixty_segmentations_stay_below_four_megabytes(tmp_path: Path) -> None:
    config = config_of(tmp_path / "config")
    names = [(f"segmentation_{number}", f"segment_with_a_long_name_{at}") for number in range(60) for at in range(15)]
    rows = {
        "row_accounting": TWO_DAYS,
        "segment_catalog": [catalog(*name, description="What the segment is for, in a sentence or two. " * 2) for name in names],
        "segment_profiles": [profile(*name) for name in names],
        "segment_kpis": [
            {"segmentation": name, "segment": segment, "customers": 50, "entered": 2, "left": 1, "previous_as_of": BEFORE}
            for name, segment in names
        ],
        "segment_transitions": [
            {
                "segmentation": f"segmentation_{number}",
                "source": f"segment_with_a_long_name_{a}",
                "target": f"segment_with_a_long_name_{b}",
            }
            | {"customers": 20, "period": "day", "previous_as_of": BEFORE}
            for number in range(60)
            for a in range(8)
            for b in range(8)
        ],
    }
    publication = write(tmp_path / "shop.duckdb", config, rows)
    written = write_report(publication, config, tmp_path / "report.html")
    assert written.figures > 180
    assert 500_000 < written.size < 4_000_000
    assert "3 more are in segment_profiles" in (tmp_path / "report.html").read_text()


def test_a_report_of_another_day_says_what_is_kept_of_one_day_alone(tmp_path: Path) -> None:
    config = config_of(tmp_path / "config")
    people = [{"customer_id": f"c{n}", "frequency": 1, "frequency_365d": 1, "monetary_365d": 10} for n in range(12)]
    publication = write(tmp_path / "shop.duckdb", config, {"row_accounting": TWO_DAYS, "customer_profile": people})
    written = write_report(publication, config, tmp_path / "report_before.html", BEFORE)
    text = Page(written.path.read_text()).text
    assert written.day == BEFORE
    assert "customer_profile holds the day of the publication alone, 2026-06-30" in text
    with pytest.raises(NoReport, match=r"no run of this day is published\. The last days there are: 2026-06-29, 2026-06-30"):
        write_report(publication, config, tmp_path / "x.html", date(2020, 1, 1))
    assert not (tmp_path / "x.html").exists()


def test_without_a_publication_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoReport, match="Run 'segmentation run' first"):
        write_report(tmp_path / "none.duckdb", config_of(tmp_path / "config"), tmp_path / "report.html")


def test_an_erasure_takes_every_report_and_nothing_else(tmp_path: Path) -> None:
    mine = [tmp_path / name for name in ("report.html", "report_2026-06-29.html")]
    other = [tmp_path / name for name in ("reports.html", "report_notes.html")]
    for path in (*mine, *other):
        path.write_text("")
    assert remove_reports(tmp_path / "report.html") == mine
    assert sorted(tmp_path.iterdir()) == sorted(other)


def _variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6}|\d+, \d+, \d+)", block))


def _rgb(color: str) -> tuple[float, ...]:
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5)) if color[0] == "#" else tuple(map(float, color.split(",")))


def _luminance(rgb: tuple[float, ...]) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.03928 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("block", [0, 1, 2], ids=["light", "dark", "print"])
def test_texts_and_marks_stand_out_from_what_they_lie_on(block: int) -> None:
    """WCAG AA: 4.5 for texts, 3 for marks; on shaded cells too, whose deepest shade is the hardest to read on."""
    colors = _variables(re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[block])
    paper, card = _rgb(colors["paper"]), _rgb(colors["card"])
    deepest = max(float(alpha) for alpha in re.findall(r"rgba\(var\(--shade\), ([\d.]+)\)", STYLE))
    shade = tuple(deepest * s + (1 - deepest) * p for s, p in zip(_rgb(colors["shade"]), paper, strict=True))
    for text in ("ink", "faint", "link"):
        assert min(_contrast(_rgb(colors[text]), ground) for ground in (paper, card)) >= 4.5, text
    assert _contrast(_rgb(colors["ink"]), shade) >= 4.5
    for mark in ("mark", "warn"):
        assert _contrast(_rgb(colors[mark]), paper) >= 3, mark


def test_there_are_styles_for_the_dark_for_paper_and_for_narrow_screens_and_nothing_moves() -> None:
    for wanted in ("prefers-color-scheme: dark", "@media print", "max-width: 34rem", ":focus-visible", "break-before: page"):
        assert wanted in STYLE
    assert not re.search(r"transition|animation|scroll-behavior", STYLE)


def test_a_publication_that_is_a_folder_of_files_gives_the_same_figures(tmp_path: Path) -> None:
    """As Spark makes it: a folder of Parquet files per table."""
    config = config_of(tmp_path / "config")
    people = [{"customer_id": f"c{n}", "frequency": 1, "frequency_365d": 1, "monetary_365d": 10} for n in range(12)]
    rows = {"customer_profile": people, "segment_catalog": [catalog("a", "b")], "segment_profiles": [profile("a", "b")]}
    file = write(tmp_path / "shop.duckdb", config, rows)
    folder = tmp_path / "shop.parquet"
    with duckdb.connect(str(file), read_only=True) as connection:
        for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            (folder / name).mkdir(parents=True)
            connection.execute(f"COPY \"{name}\" TO '{folder / name / 'part.parquet'}'")
    texts = []
    for publication in (file, folder):
        write_report(publication, config, tmp_path / "report.html")
        texts.append(re.sub(r"<header>.*?</header>", "", (tmp_path / "report.html").read_text(), flags=re.DOTALL))
    assert texts[0] == texts[1]
