"""Past campaigns: only who agreed was drawn, and the measured effect is the true one."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from segmentation_pipeline.demo.campaigns import CAMPAIGNS
from segmentation_pipeline.demo.generate import generate
from segmentation_pipeline_tests.demo.conftest import Shop


def test_five_campaigns_with_a_fifth_held_out(shop: Shop) -> None:
    contacts = shop.read("campaign_contacts.csv")
    rows = shop.con.execute(f"SELECT campaign, avg((arm = 'holdout')::INTEGER) FROM {contacts} GROUP BY 1 ORDER BY 1").fetchall()
    assert [row[0] for row in rows] == sorted(campaign.name for campaign in CAMPAIGNS)
    assert all(share == pytest.approx(0.2, abs=0.08) for _, share in rows)


def test_nobody_was_drawn_without_consent_at_that_time(shop: Shop) -> None:
    events = [json.loads(line) for line in (shop.report.folder / "consents.jsonl").read_text(encoding="utf-8").splitlines()[:-1]]
    last: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for event in events:
        if event["event"]:
            last.setdefault((event["customer"].strip().upper(), event["channel"]), []).append((event["at"], event["event"]))
    contacts = shop.con.execute(
        f"SELECT upper(trim(customer_id)), channel, replace(contacted_at, ' ', 'T') FROM {shop.read('campaign_contacts.csv')} "
        "WHERE customer_id NOT LIKE 'CX%'"
    ).fetchall()
    known = [(history, at) for customer, channel, at in contacts if (history := last.get((customer, channel)))]
    assert len(known) > 0.97 * len(contacts)  # the others' only grant is a row with a null_status fault
    latest = [max((event for event in history if event[0] < at), default=("", "none"))[1] for history, at in known]
    without = sum(event != "opt_in" for event in latest)
    assert without <= 0.005 * len(known)


@pytest.mark.slow
def test_the_measured_effect_is_the_true_one(tmp_path: Path) -> None:
    """Difference between the arms against the known uplift, per campaign, within four standard errors."""
    report = generate(60_000, 2, tmp_path, sources=["campaign_contacts"], dirt=False)
    rows = duckdb.execute(f"""
        WITH arms AS (SELECT campaign, arm, count(*) AS n, avg((converted_at IS NOT NULL)::INTEGER) AS p
                      FROM '{report.folder}/campaign_contacts.parquet' GROUP BY ALL),
        true_effect AS (SELECT campaign, sum(uplift * customers) / sum(customers) AS effect
                        FROM '{report.truth}/uplift.parquet' GROUP BY 1)
        SELECT campaign, t.p - h.p, sqrt(t.p * (1 - t.p) / t.n + h.p * (1 - h.p) / h.n), effect
        FROM arms t JOIN arms h USING (campaign) JOIN true_effect USING (campaign)
        WHERE t.arm = 'treatment' AND h.arm = 'holdout'""").fetchall()
    assert len(rows) == len(CAMPAIGNS)
    for campaign, measured, error, effect in rows:
        assert abs(measured - effect) < 4 * error, campaign
        assert effect > 0.02


def test_bargain_hunters_react_most_and_champions_hardly(shop: Shop) -> None:
    uplift = dict(
        shop.con.execute(
            f"SELECT type, sum(uplift * customers) / sum(customers) FROM {shop.truth('uplift')} GROUP BY 1"
        ).fetchall()
    )
    assert max(uplift, key=uplift.__getitem__) == "bargain_hunter"
    assert uplift["champion"] < 0.04 < uplift["bargain_hunter"]
