"""Ledgers as shops really have them, through the whole pipeline: a no, however badly written, stops the contact or the run."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import query, segmentation

pytestmark = pytest.mark.slow

CONFIG = {
    "pipeline.yaml": "business: {timezone: Europe/Berlin, currency: EUR}\nrun: {start_date: 2026-01-01, as_of: 2026-06-30}\n"
    "quality: {max_quarantined_share_by_source: {consents: 0.2}}\n",
    "privacy.yaml": "consent: required\nsalt: cases-of-ledgers\nminimum_age: 16\nunknown_birth_date: include\n",
    "sources.yaml": "sources:\n"
    + "".join(
        f"  {name}: {{files: data/raw/{name}.csv}}\n"
        for name in ("customers", "orders", "consents", "suppressions", "restrictions")
    ),
    "segmentations.yaml": "segmentations: {rfm: {kind: rfm, title: RFM}}\n",
    "campaigns.yaml": "campaigns:\n  news: {title: News, channel: email, audience: frequency >= 1, rank_by: monetary, "
    "holdout_share: 0.0}\n",
}
WILLING = sorted([*(f"ok{number:02}" for number in range(20)), "over", "by_sms"])
GRANT = "{0},email,marketing,granted,2026-02-01 09:00:00"
CONSENT_ROWS = {
    "bad_time": "{0},email,marketing,withdrawn,31.02.2026",
    "no_date": "{0},email,marketing,withdrawn,",
    "bad_status": "{0},email,marketing,unsubscribed,2026-06-01 10:00:00",
    "no_status": "{0},email,marketing,,2026-06-01 10:00:00",
    "no_channel": "{0},,marketing,withdrawn,2026-06-01 10:00:00",
    "all_channels": "{0},all,marketing,withdrawn,2026-06-01 10:00:00",
    "e_mail": "{0},E-Mail,Marketing,withdrawn,2026-06-01 10:00:00",
    "fax": "{0},fax,marketing,withdrawn,2026-06-01 10:00:00",
    "after_midnight": "{0},email,marketing,withdrawn,2026-07-01 00:30:00",
    "far_ahead": "{0},email,marketing,withdrawn,2099-01-01 00:00:00",
    "epoch": "{0},email,marketing,withdrawn,1970-01-01 00:00:00",
    "profiling": "{0},all,profiling,withdrawn,2026-06-01 10:00:00",
    "day_only": "{0},email,marketing,withdrawn,2026-02-01",
}
"""The situation is the customer's key: they granted, and this row says no."""
SUPPRESSED = {
    "OTHER_CASE": "other_case",
    "address@mail.test": "address",
    "tw1": "tw1",
    "undated": "undated",
    "no_break\u00a0": "no_break",
    "\u200bno_\u200bwidth": "no_width",
    "7000001.0": "7000001",
    "0007000002": "7000002",
    "'7000003": "7000003",
    "\uff57\uff49\uff44\uff45": "wide",
    "\u202aaddress2@mail.test\u202c": "address2",
}
"""What the suppression list names, and whom it means."""
BY_ADDRESS = {
    "plain_mail": {"email": "Plain_Mail@mail.test "},
    "hashed_mail": {"email": sha256(b"hashed_mail@mail.test").hexdigest()},
    "by_phone": {"phone": "030 5550 123"},
    "by_post": {"street": "Lange Str. 7", "postal_code": "10115"},
    "ends_later": {"customer_id": "ends_later", "ends_on": "2026-07-31"},
    "ends_badly": {"customer_id": "ends_badly", "ends_on": "soon"},
}
"""What a suppression names in columns of its own; the situation is whom it means."""
ANSWERED = {"over": {"customer_id": "over", "ends_on": "2026-06-29"}, "by_sms": {"customer_id": "by_sms", "channel": "SMS"}}
"""Suppressions that stop no e-mail on the day."""
LEFT_OUT = {
    "restricted": "processing is restricted",
    "profiling": "objection to profiling",
    "young": "younger than the minimum age",
}
LISTED = ("customer_id", "email", "phone", "street", "postal_code", "channel", "suppressed_at", "ends_on")
SHARED = {"tw1": "twin@mail.test", "tw2": "twin@mail.test"}
STOPPED = [*CONSENT_ROWS, *SUPPRESSED.values(), "tw2", *BY_ADDRESS, "restricted", "young"]


def write(folder: Path, name: str, header: str, rows: list[str]) -> None:
    (folder / "data" / "raw" / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "data" / "raw").mkdir(parents=True)
    for name, text in CONFIG.items():
        (tmp_path / "config" / name).write_text(text)
    everybody = [*WILLING, *STOPPED]
    # Many sound grants, so that the refused rows are few among them.
    silent = [f"silent{number:02}" for number in range(60)]
    more = {"by_phone": "+49305550123,,,,", "by_post": ",Lange Straße 7,10115,Berlin,", "young": ",,,,2011-01-01"}
    people = [f"{c},{SHARED.get(c, f'{c}@mail.test')},{more.get(c, ',,,,')}" for c in [*everybody, *silent]]
    write(tmp_path, "customers", "customer_id,email,phone,street,postal_code,city,birth_date", people)
    write(
        tmp_path,
        "orders",
        "order_id,customer_id,ordered_at,amount",
        [f"o{n},{customer},2026-06-10 12:00:00,50.00" for n, customer in enumerate(everybody)],
    )
    consents = [GRANT.format(customer) for customer in [*everybody, *silent]]
    consents += [row.format(situation) for situation, row in CONSENT_ROWS.items()]
    write(tmp_path, "consents", "customer_id,channel,purpose,status,occurred_at", consents)
    listed = [{"customer_id": key, "suppressed_at": "soon" if key == "undated" else "2026-03-01"} for key in SUPPRESSED]
    listed += [{"customer_id": f"gone{number:02}"} for number in range(30)] + [*BY_ADDRESS.values(), *ANSWERED.values()]
    suppressions = [",".join(({"suppressed_at": "2026-01-01"} | row).get(column, "") for column in LISTED) for row in listed]
    write(tmp_path, "suppressions", ",".join(LISTED), suppressions)
    write(tmp_path, "restrictions", "customer_id,restricted_at", ["restricted,2026-06-01"])
    return tmp_path


def in_segments(project: Path, *customers: str) -> set[str]:
    names = ", ".join(f"'{customer}'" for customer in customers)
    tables = ("customer_profile", "customer_segments")
    rows = [row for table in tables for row in query(project, f"SELECT customer_id FROM {table} WHERE customer_id IN ({names})")]
    return {row[0] for row in rows}


def listed(project: Path, day: str = "2026-06-30") -> list[str]:
    lines = (project / "data" / "audiences" / day / "news" / "audience.csv").read_text().splitlines()[1:]
    return sorted(line.split(",")[0].strip('"') for line in lines)


def test_whoever_said_no_is_in_no_file_and_everybody_else_is(project: Path) -> None:
    done = segmentation(project, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    found = listed(project)
    assert found == WILLING
    told = query(project, "SELECT source, file, count(*), min(named) FROM unmatched_opt_outs GROUP BY ALL")
    assert told == [("suppressions", "data/raw/suppressions.csv", 30, "g***0")]
    assert query(project, "SELECT sum(left_out) FROM campaign_funnel WHERE step IN ('consent', 'suppression')") == [
        (len(STOPPED) - len(LEFT_OUT),)
    ]
    assert in_segments(project, *LEFT_OUT) == set()
    assert "younger than the minimum age" in segmentation(project, "explain", "young").stderr

    # Later the same day somebody objects, and somebody else's processing is restricted no longer.
    with (project / "data" / "raw" / "consents.csv").open("a") as file:
        file.write("ok05,all,profiling,withdrawn,2026-06-30 18:00:00\n")
    write(project, "restrictions", "customer_id,restricted_at,ends_on", ["restricted,2026-06-01,2026-06-29"])
    done = segmentation(project, "run", "--accept-shrunk", "restrictions")
    assert done.returncode == 0, done.stdout + done.stderr
    assert in_segments(project, *LEFT_OUT, "ok05") == {"restricted"}
    assert listed(project) == sorted({*WILLING, "restricted"} - {"ok05"})

    # The next day delivers a suppression list that is cut to its header.
    write(project, "suppressions", ",".join(LISTED), [])
    done = segmentation(project, "run", "--as-of", "2026-07-01")
    assert done.returncode == 1
    assert "source 'suppressions'" in done.stdout
    assert not (project / "data" / "audiences" / "2026-07-01").exists()


def test_noes_that_name_nobody_stop_the_run_with_their_place_until_somebody_answers_for_them(project: Path) -> None:
    with (project / "data" / "raw" / "consents.csv").open("a") as file:
        file.write(',email,marketing,withdrawn,2026-06-01\nbad_ti"me,email\n')
    done = segmentation(project, "run")
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "source 'consents': 2 rows may say that somebody must not be contacted" in said
    assert "data/raw/consents.csv, record" in said
    assert not (project / "data" / "audiences").exists()
    campaigns = project / "config" / "campaigns.yaml"
    campaigns.rename(project / "campaigns.yaml")
    assert segmentation(project, "run").returncode == 0, "without campaigns nobody is contacted"
    (project / "campaigns.yaml").rename(campaigns)
    with (project / "config" / "privacy.yaml").open("a") as file:
        file.write("nameless_opt_outs: warn\nnameless_opt_outs_reason: looked at by hand, a test row\n")
    done = segmentation(project, "run")
    assert done.returncode == 0, done.stdout
    assert listed(project) == WILLING
    assert len(query(project, "SELECT file, row FROM unmatched_opt_outs WHERE named IS NULL")) == 2


def test_an_age_nobody_can_tell_is_not_taken_for_old_enough(project: Path) -> None:
    customers = project / "data" / "raw" / "customers.csv"
    customers.write_text(customers.read_text().replace("2011-01-01", ""))
    done = segmentation(project, "run")
    assert done.returncode == 1
    assert "no birth date of any customer is known" in " ".join(done.stdout.split())
    assert not (project / "data" / "audiences").exists()
