"""Markup in names and texts of a project is shown as it was written: at the terminal, in Dagster, in Data Docs, in the report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from markdown_it import MarkdownIt

from segmentation_pipeline.cli import dagster_home
from segmentation_pipeline.definitions import build_definitions
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.project import segmentation
from segmentation_pipeline_tests.report.parsed import Page

pytestmark = pytest.mark.slow

LIVE = r"<(script|img|a|b)\b"
"""Tags that nothing of ours makes."""
TERMINAL = "[red]red[/red] [link=http://evil.test]here[/link] [/]"
MARKDOWN = "[click](http://evil.test) ![seen](http://evil.test/seen.png) \\\\[twice](http://evil.test)"
HTML = "<script>alert(1)</script><img src=http://evil.test/x.png onerror=alert(1)>"
CANARY = f"{TERMINAL} {MARKDOWN} {HTML}"
_QUOTED = CANARY.replace("'", "''")

FILES = {
    "config/pipeline.yaml": f"""business: {{timezone: UTC}}
run: {{as_of: 2026-06-30}}
quality:
  expectations:
    - {{table: orders, expectation: expect_column_values_to_be_in_set, severity: warning, arguments: {{column: channel, value_set: ['{_QUOTED}']}}}}
    - {{table: orders, expectation: expect_column_values_to_not_be_null, arguments: {{column: amount, description: '{_QUOTED}', notes: '{_QUOTED}'}}}}
    - {{table: orders, expectation: unexpected_rows_expectation, severity: warning, arguments: {{unexpected_rows_query: "SELECT * FROM {{batch}} WHERE channel = '{HTML}' AND nothing = 1"}}}}
""",
    "config/privacy.yaml": f"consent: not_required\nconsent_not_required_reason: '{_QUOTED}'\ncontroller: '{_QUOTED}'\ntransfers: '{_QUOTED}'\n",
    "config/sources.yaml": f"""sources:
  orders:
    files: data/raw/*.csv
    columns:
      order_id: order_id
      customer_id: customer_id
      ordered_at: ordered_at
      amount: amount
      channel: channel
      status: {{from: status, values: {{'{_QUOTED}': completed}}}}
    skip_when: {{'{_QUOTED}': amount = 99}}
""",
    "config/segmentations.yaml": f"""segmentations:
  value:
    kind: rules
    title: '{_QUOTED}'
    description: '{_QUOTED}'
    owner: '{_QUOTED}'
    segments:
      - {{name: all, when: "frequency >= 0 or rfm_score = '[red]a[/red]<b>'", description: '{_QUOTED}'}}
""",
    "config/campaigns.yaml": f"campaigns:\n  news: {{title: '{_QUOTED}', description: '{_QUOTED}', channel: email, audience: true, rank_by: monetary}}\n",
    "data/raw/<b>[red]o[link=http:x].csv": "order_id,customer_id,ordered_at,amount,channel,status\n"
    + "".join(f"o{n},c{n % 9},2026-06-{n % 28 + 1:02},{n + 1}.00,web,\n" for n in range(40))
    + f"o98,c1,2026-06-03,99,web,\no99,c1,2026-06-03,5.00,web,{CANARY}\no100,c1,2026-06-03,5.00,web,unknown word {HTML} {TERMINAL}\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("markup") / "[red]shop"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def said(project: Path) -> dict[str, str]:
    told = {}
    for command in ("check", "run"):
        done = segmentation(project, command)
        assert done.returncode == 0, done.stdout + done.stderr
        told[command] = done.stdout + done.stderr
    return told


def test_the_terminal_shows_markup_and_does_not_follow_it(said: dict[str, str]) -> None:
    flat = {command: " ".join(text.split()) for command, text in said.items()}
    assert "segmentation [red]shop, as of" in flat["run"] and "[red]shop" in flat["check"]
    assert "<b>[red]o[link=http:x].csv" in flat["run"]
    assert f"consent not required: {' '.join(CANARY.split())}" in flat["run"]
    assert "rfm_score = '[red]a[/red]<b>'\", which holds for every customer" in flat["check"]
    assert not re.search("\x1b\\]8|\x1b\\[31m\\[?red", said["run"] + said["check"]), "no link, no colour of its own"


def texts_of_dagster(project: Path) -> Iterator[str]:
    """All Markdown of assets, their columns, checks and last materialisations."""
    settings = Settings(project)
    config = load_project(settings)
    graph = build_definitions(settings, config).resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        yield node.description or ""
        schema = node.metadata.get("dagster/column_schema")
        yield from (column.description or "" for column in (schema.columns if isinstance(schema, dg.TableSchema) else ()))
    for key in graph.asset_check_keys:
        yield graph.get_check_spec(key).description or ""
    dagster_home.prepare(settings)
    with dg.DagsterInstance.get() as instance:
        [run] = instance.get_runs(limit=1)
        for entry in instance.all_logs(run.run_id):
            event = entry.dagster_event
            if event is None:
                continue
            if event.is_step_materialization:
                yield from map(_markdown, event.step_materialization_data.materialization.metadata.values())
            if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                evaluation = event.asset_check_evaluation_data
                yield evaluation.description or ""
                yield from map(_markdown, evaluation.metadata.values())


def _markdown(value: object) -> str:
    return value.md_str or "" if isinstance(value, dg.MarkdownMetadataValue) else ""


def test_dagster_shows_markup_and_does_not_follow_it(project: Path, said: dict[str, str]) -> None:
    found = [text for text in texts_of_dagster(project) if "evil.test" in text or "alert(1)" in text]
    assert len(found) > 3, "it is there to be seen"
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    for text in found:
        page = reader.render(text)
        assert not re.search(LIVE, page), page


def test_data_docs_show_markup_and_do_not_follow_it(project: Path, said: dict[str, str]) -> None:
    pages = [page.read_text() for page in (project / "data" / "data_docs").rglob("*.html")]
    assert any("alert(1)" in page for page in pages)
    assert not [page for page in pages if "<script>alert" in page or "<img src=http://evil" in page]


def test_the_records_of_processing_show_markup_and_do_not_follow_it(project: Path, said: dict[str, str]) -> None:
    page = (project / "data" / "published" / "records_of_processing.md").read_text()
    assert "evil.test" in page
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)
    assert not re.search(LIVE, shown), shown


def test_the_report_shows_markup_and_does_not_follow_it(project: Path, said: dict[str, str]) -> None:
    page = Page((project / "data" / "published" / "report.html").read_text())
    assert HTML in page.text and "[click](http://evil.test)" in page.text
    assert page.outside == []
