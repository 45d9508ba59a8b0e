"""Audience files: right people, right fields, equal bytes, and nothing half-written."""

from __future__ import annotations

import csv
import hashlib
import json
import stat
from datetime import date, timedelta

import ibis
import pyarrow as pa
import pytest

from segmentation_pipeline.campaigns import export
from segmentation_pipeline.campaigns.audience_people import ContactData
from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.campaigns.export import ExportError, Provenance, export_audience, remove_other_audiences
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
DAY = shop.AS_OF
ANNA = {
    "customer_id": "a",
    "first_name": "Anna",
    "last_name": "O'Hara",
    "email": " Anna@Example.COM ",
    "phone": "+49 171 1234567",
    "street": "Long Street 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}
BERT = {
    "customer_id": "b",
    "first_name": None,
    "last_name": "'t Hart, Jr.",
    "email": "bert@example.org",
    "phone": "0171-7654321",
    "street": "Short Street 2",
    "postal_code": "20095",
    "city": "Hamburg",
    "country": None,
}
CARL = {"customer_id": "c", "first_name": "Carl", "last_name": "Held", "email": "carl@example.org"}


def selected(*rows):
    """customer, outcome, rank."""
    return shop.table({"customer_id": "string", "outcome": "string", "rank": "int64"}, rows)


BOTH = selected(("b", "treatment", 2), ("a", "treatment", 1), ("c", "holdout", 3), ("d", "consent", None))


def write(folder, selection=BOTH, people=(ANNA, BERT, CARL), as_of=DAY, channel="email", engine=ENGINE, **settings):
    pii, customers = shop.people(*people)
    return export_audience(
        engine,
        CampaignContext("spring", shop.campaign(channel=channel, **settings), shop.PRIVACY, as_of),
        selection,
        ContactData(pii, customers),
        Provenance(ENGINE.count(selection) + 2, True, ("segments.customer_profile", "clean.consents")),
        folder=folder,
    )


def read(folder, name, as_of=DAY):
    with (folder / as_of.isoformat() / "spring" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def snapshot(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        (
            "email",
            [
                ["customer_id", "rank", "email", "first_name", "last_name"],
                ["a", "1", "anna@example.com", "Anna", "O'Hara"],
                ["b", "2", "bert@example.org", "", "'t Hart, Jr."],
            ],
        ),
        (
            "sms",
            [
                ["customer_id", "rank", "phone", "first_name", "last_name"],
                ["a", "1", "+491711234567", "Anna", "O'Hara"],
                ["b", "2", "01717654321", "", "'t Hart, Jr."],
            ],
        ),
        (
            "post",
            [
                ["customer_id", "rank", "first_name", "last_name", "street", "postal_code", "city", "country"],
                ["a", "1", "Anna", "O'Hara", "Long Street 1", "10115", "Berlin", "DE"],
                ["b", "2", "", "'t Hart, Jr.", "Short Street 2", "20095", "Hamburg", ""],
            ],
        ),
    ],
)
def test_the_treatment_arm_by_rank_with_the_channels_fields_only(tmp_path, channel, expected):
    write(tmp_path, channel=channel)
    assert read(tmp_path, "audience.csv") == expected


def test_a_campaign_with_arms_says_who_gets_which_content_and_counts_arms_nobody_is_in(tmp_path):
    schema = {"customer_id": "string", "outcome": "string", "rank": "int64", "arm": "string"}
    rows = [("a", "treatment", 1, "plain"), ("b", "treatment", 2, "limit"), ("c", "holdout", 3, "holdout")]
    arms = {"plain": {"content": "tpl-17"}, "limit": {}, "other": {"content": "tpl-19"}}
    manifest = write(tmp_path, shop.table(schema, rows), arms=arms)
    assert read(tmp_path, "audience.csv") == [
        ["customer_id", "rank", "arm", "content", "email", "first_name", "last_name"],
        ["a", "1", "plain", "tpl-17", "anna@example.com", "Anna", "O'Hara"],
        ["b", "2", "limit", "", "bert@example.org", "", "'t Hart, Jr."],
    ]
    assert manifest["columns"] == read(tmp_path, "audience.csv")[0]
    assert manifest["arms"] == {"plain": 1, "limit": 1, "other": 0, "holdout": 1}
    assert manifest["left_out"]["limit"] == 0, "an arm may be called like a step"


def test_formulas_in_names_and_ids_are_defused_and_phone_numbers_stay_usable(tmp_path):
    eve = ANNA | {"customer_id": "=e", "first_name": '=HYPERLINK("http://x")', "last_name": "\t@SUM(1)"}
    write(tmp_path, selected(("=e", "treatment", 1)), (eve,), channel="sms")
    assert read(tmp_path, "audience.csv")[1:] == [["'=e", "1", "+491711234567", '\'=HYPERLINK("http://x")', "'@SUM(1)"]]
    later = DAY + timedelta(days=1)
    write(tmp_path, selected(("=e", "treatment", 1)), (eve,), channel="sms", as_of=later)
    assert (read(tmp_path, "added.csv", later)[1:], read(tmp_path, "removed.csv", later)[1:]) == ([], [])


def test_added_and_removed_are_against_the_latest_earlier_day_on_disk(tmp_path):
    one = selected(("a", "treatment", 1))
    write(tmp_path, selected(("b", "treatment", 1)), as_of=DAY - timedelta(days=9))
    write(tmp_path, one, as_of=DAY - timedelta(days=3))
    write(tmp_path, selected(("c", "treatment", 1)), as_of=DAY + timedelta(days=1))
    (tmp_path / "notes").mkdir()
    manifest = write(tmp_path, selected(("b", "treatment", 1), ("c", "treatment", 2), ("a", "holdout", 3)))
    assert [row[0] for row in read(tmp_path, "added.csv")] == ["customer_id", "b", "c"]
    assert read(tmp_path, "added.csv")[1] == ["b", "1", "bert@example.org", "", "'t Hart, Jr."]
    assert read(tmp_path, "removed.csv") == [["customer_id"], ["a"]]
    assert manifest["previous"]["as_of"] == "2026-03-28"


def test_the_first_audience_is_all_added(tmp_path):
    manifest = write(tmp_path)
    assert read(tmp_path, "added.csv") == read(tmp_path, "audience.csv")
    assert read(tmp_path, "removed.csv") == [["customer_id"]]
    assert manifest["previous"] is None


def test_the_manifest_counts_hashes_and_holds_nothing_personal(tmp_path):
    returned = write(tmp_path)
    text = (tmp_path / DAY.isoformat() / "spring" / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert manifest == returned
    audience = (tmp_path / DAY.isoformat() / "spring" / "audience.csv").read_bytes()
    assert manifest["content_sha256"] == hashlib.sha256(audience).hexdigest()
    assert manifest["arms"] == {"treatment": 2, "holdout": 1}
    assert manifest["left_out"] == {
        "rule": 2,
        "address": 0,
        "consent": 1,
        "suppression": 0,
        "repeat": 0,
        "recent_contact": 0,
        "global_holdout": 0,
        "cap": 0,
        "no_gain": 0,
        "same_household": 0,
        "same_address": 0,
        "lost_to": 0,
        "address_shared": 0,
        "limit": 0,
        "budget": 0,
        "holdout": 1,
    }
    assert (manifest["consent"], manifest["channel"], manifest["purpose"]) == ("consent ledger", "email", "marketing")
    assert manifest["lineage"] == ["clean.consents", "segments.customer_profile"]
    for personal in ("Anna", "anna@", "Hara", "1234567", str(tmp_path)):
        assert personal not in text


def test_equal_inputs_give_equal_bytes_on_every_run(tmp_path):
    write(tmp_path / "one")
    write(tmp_path / "two", selection=BOTH.order_by("customer_id"), people=(CARL, BERT, ANNA), engine=DuckDBEngine(None))
    first = snapshot(tmp_path / "one")
    assert first == snapshot(tmp_path / "two")
    write(tmp_path / "one")
    assert first == snapshot(tmp_path / "one")


def test_only_the_owner_may_read_the_files(tmp_path):
    write(tmp_path)
    folder = tmp_path / DAY.isoformat() / "spring"
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


class BreaksMidWay(DuckDBEngine):
    """Gives one batch, then the disk is full."""

    def batches(self, table):
        yield next(iter(super().batches(table)))
        raise OSError("no space left on device")


def test_an_interrupted_export_leaves_the_previous_files(tmp_path):
    write(tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(OSError, match="no space"):
        write(tmp_path, selected(("b", "treatment", 1)), engine=BreaksMidWay(None))
    assert snapshot(tmp_path) == before


def test_someone_chosen_without_contact_data_stops_the_export(tmp_path):
    write(tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(ExportError, match="2 customers were chosen but 1 have contact data"):
        write(tmp_path, people=(ANNA, CARL))
    assert snapshot(tmp_path) == before


def test_without_customers_the_files_are_headers(tmp_path):
    manifest = export_audience(
        ENGINE,
        CampaignContext("spring", shop.campaign(), shop.PRIVACY, DAY),
        selected(("a", "address", None)),
        ContactData(None, None),
        Provenance(1, False, ()),
        folder=tmp_path,
    )
    assert read(tmp_path, "audience.csv") == [["customer_id", "rank", "email", "first_name", "last_name"]]
    assert manifest["consent"] == "no consent ledger is configured, so nobody may be contacted"


def test_a_day_forgets_campaigns_that_are_no_longer_configured(tmp_path):
    write(tmp_path)
    write(tmp_path, as_of=DAY - timedelta(days=1))
    for name in ("winter", ".winter.new", ".spring.old"):
        (tmp_path / DAY.isoformat() / name).mkdir()
    assert remove_other_audiences(tmp_path, DAY, {"spring"}) == [".winter.new", "winter"]
    assert sorted(path.name for path in (tmp_path / DAY.isoformat()).iterdir()) == [".spring.old", "spring"]
    assert remove_other_audiences(tmp_path, date(2020, 1, 1), {"spring"}) == []
    assert (tmp_path / "2026-03-30" / "spring").is_dir()


def test_the_settings_that_shape_an_audience_change_its_config_hash():
    changes = ({}, {"limit": 5}, {"quiet_days": 3})
    hashes = {export._config_hash(CampaignContext("spring", shop.campaign(**change), shop.PRIVACY, DAY)) for change in changes}
    assert len(hashes) == 3


def test_rows_leave_the_engine_in_arrow_batches_and_stopping_early_frees_it():
    stream = ENGINE.batches(ibis.range(300_000).unnest().name("n").as_table())
    first = next(stream)
    stream.close()
    assert isinstance(first, pa.RecordBatch)
    assert first.num_rows <= 100_000
    assert ENGINE.count(BOTH) == 4
