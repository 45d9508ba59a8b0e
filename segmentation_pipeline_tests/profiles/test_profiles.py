"""Every profile on its sample: ``init`` recognises it, and what is read comes to the totals that were worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from segmentation_pipeline.cli import app
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.profiles.catalog import profiles
from segmentation_pipeline.project.load import load_project
from segmentation_pipeline.settings import HOME_VARIABLE, Settings
from segmentation_pipeline_tests.clean.project import clean_all, reasons

SAMPLES = Path(__file__).parent
AS_OF = date(2024, 12, 31)


def truth(profile: str) -> dict[str, Any]:
    return yaml.safe_load((SAMPLES / profile / "truth.yaml").read_text("utf-8"))


def expected(profile: str) -> dict[str, Any]:
    """The figures of a profile's sample, with those of the samples beside it, which stay as they are alone."""
    own = {key: value for key, value in truth(profile).items() if key not in ("beside", "answers")}
    beside = expected(other) if (other := truth(profile).get("beside")) else {}
    lists = {key: beside.get(key, {}) | own.get(key, {}) for key in ("skipped", "refused")}
    return beside | own | lists


def files(profile: str) -> list[Path]:
    """The sample of a profile, and those of profiles it needs beside it."""
    own = sorted(path for path in (SAMPLES / profile).iterdir() if path.name != "truth.yaml")
    return own + (files(other) if (other := truth(profile).get("beside")) else [])


def answers(profile: str) -> dict[str, str]:
    beside = answers(other) if (other := truth(profile).get("beside")) else {}
    return beside | truth(profile).get("answers", {})


def init(folder: Path, named: list[Path], given: dict[str, str], monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    monkeypatch.setenv(HOME_VARIABLE, str(folder))
    chosen = [part for key, answer in given.items() for part in ("--choose", f"{key}={answer}")]
    return CliRunner().invoke(app, ["init", *map(str, named), *chosen, *options])


def figures(folder: Path, engine: Engine | None = None) -> dict[str, Any]:
    """What is read of a project, in the words of the truth files."""
    config = load_project(Settings(folder))
    engine = engine or DuckDBEngine(None)
    accounts = clean_all(engine, folder, config, AS_OF)
    found: dict[str, Any] = {}
    for name in config.sources:
        rows = engine.table(tables.clean(name))
        found[name] = {"rows": int(engine.count(rows))}
        if name == "orders":
            found[name] = _orders(engine)
        elif "amount" in rows.columns:
            [total] = engine.rows(rows.agg(amount=rows.amount.sum()))
            found[name]["amount"] = str(total["amount"] or Decimal("0.00"))
        elif name == "consents":
            found[name] |= {str(r["status"]): r["n"] for r in engine.rows(rows.group_by("status").agg(n=rows.count()))}
    found["skipped"] = {name: told for name, account in accounts.items() if (told := dict(account.skipped_by_name))}
    found["refused"] = {name: told for name in config.sources if (told := reasons(engine, name))}
    return found


def _orders(engine: Engine) -> dict[str, Any]:
    orders, judged = engine.table(tables.clean("orders")), engine.table(tables.validated("orders"))
    status = orders.status.fill_null("completed")
    done, nobodys = orders.filter(status == "completed"), judged.filter(judged._state == 4)
    by_status = {r["status"]: r["n"] for r in engine.rows(orders.group_by(status=status).agg(n=orders.count()))}
    [own] = engine.rows(
        done.agg(
            revenue=done.amount.sum(),
            customers=done.customer_id.nunique(),
            first=done.event_date.min(),
            last=done.event_date.max(),
        )
    )
    [back] = engine.rows(orders.filter(status != "cancelled").agg(paid_back=orders.returned_amount.sum()))
    [guests] = engine.rows(nobodys.agg(n=nobodys.count(), revenue=nobodys.amount.sum()))
    zero = Decimal("0.00")
    return {
        **{name: by_status.get(name, 0) for name in ("completed", "cancelled")},
        **({"returned": by_status["returned"]} if "returned" in by_status else {}),
        "customers": own["customers"],
        "revenue": str(own["revenue"] or zero),
        "paid_back": str(back["paid_back"] or zero),
        "guests": guests["n"],
        "guest_revenue": str(guests["revenue"] or zero),
        "first_day": str(own["first"]),
        "last_day": str(own["last"]),
    }


def test_every_profile_has_a_sample_and_its_sources_are_known() -> None:
    assert {path.name for path in SAMPLES.iterdir() if (path / "truth.yaml").exists()} == set(profiles())
    assert {source for profile in profiles().values() for source in profile.sources} <= set(SOURCES)


FAST = ("shopify_orders", "sap_orders")


@pytest.mark.parametrize(
    "profile", [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in sorted(profiles())]
)
def test_init_reads_the_sample_as_worked_out_by_hand(profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = init(tmp_path, files(profile), answers(profile), monkeypatch, "--yes")
    assert given.exit_code == 0, f"{given.output}\n{given.exception}"
    assert f"(profile {profile}@{profiles()[profile].version})" in given.output.replace("\n", " ")
    assert figures(tmp_path) == expected(profile)
