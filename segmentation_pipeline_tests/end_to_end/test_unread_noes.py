"""A column of the customers that nobody reads and that says no: nobody is listed against it, and a run tells what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline_tests.cases.situations import CAMPAIGN, CONFIG, DAY
from segmentation_pipeline_tests.end_to_end.project import segmentation

PEOPLE = ("ann", "bob", "cat")
FILES = {
    "customers": "customer_id,email,accepts_marketing\nann,ann@mail.test,yes\nbob,bob@mail.test,no\ncat,cat@mail.test,yes\n",
    "orders": "order_id,customer_id,ordered_at,amount\n"
    + "".join(f"o{who},{who},2026-06-0{n} 10:00:00,10.00\n" for n, who in enumerate(PEOPLE, start=1)),
    "consents": "customer_id,channel,purpose,status,occurred_at\n"
    + "".join(f"{who},email,marketing,granted,2026-02-01 09:00:00\n" for who in PEOPLE)
    + "stranger,email,marketing,withdrawn,2026-02-01 09:00:00\n",
}
SOURCES = "sources:\n" + "".join(f"  {name}: {{files: data/raw/{name}.csv}}\n" for name in FILES)
ANSWER = "unread_opt_outs: warn\nunread_opt_outs_reason: it is what the till asked, years ago\n"


@pytest.mark.slow
def test_a_run_stops_before_it_lists_whom_an_unread_column_says_no_of(tmp_path: Path) -> None:
    for folder, files in (("config", CONFIG), ("data/raw", {f"{name}.csv": text for name, text in FILES.items()})):
        (tmp_path / folder).mkdir(parents=True)
        for name, text in files.items():
            (tmp_path / folder / name).write_text(text)
    (tmp_path / "config" / "sources.yaml").write_text(SOURCES)
    pipeline = f"business: {{timezone: Europe/Berlin}}\nrun: {{as_of: {DAY}}}\nquality: {{max_quarantined_share: 0.5}}\n"
    (tmp_path / "config" / "pipeline.yaml").write_text(pipeline)
    (tmp_path / "config" / "campaigns.yaml").write_text(CAMPAIGN.format(rule="frequency >= 1"))
    stopped = segmentation(tmp_path, "run")
    assert stopped.returncode == 1, stopped.stdout
    assert "data/raw/customers.csv: by column 'accepts_marketing', which nothing reads, 1 people" in stopped.stdout
    assert "(the first in record 2)" in stopped.stdout and "unread_opt_outs: warn" in stopped.stdout
    assert not list((tmp_path / "data").rglob("audience.csv"))
    with (tmp_path / "config" / "privacy.yaml").open("a") as file:
        file.write(ANSWER)
    answered = segmentation(tmp_path, "run")
    assert answered.returncode == 0, answered.stdout
    assert "opt-outs in consents that match nobody: 1, such as data/raw/consents.csv record 4" in answered.stdout
    listed = (tmp_path / "data" / "audiences" / DAY / "news" / "audience.csv").read_text()
    assert all(f"{who}@mail.test" in listed for who in PEOPLE)
