"""Every platform's file, opened and compared with what the platform publishes of it."""

from __future__ import annotations

import csv
import io
import json
import stat
from datetime import timedelta
from hashlib import sha256

import pyarrow.parquet as pq
import pytest

from segmentation_pipeline.audience_profiles.catalog import audience_profiles
from segmentation_pipeline.campaigns.audience_people import ContactData
from segmentation_pipeline.campaigns.content import content_columns
from segmentation_pipeline.campaigns.context import CampaignContext
from segmentation_pipeline.campaigns.export import Provenance, export_audience
from segmentation_pipeline.campaigns.upload_rows import json_line
from segmentation_pipeline.config.schema import FixedText
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline_tests.campaigns import shop

ENGINE = DuckDBEngine(None)
DAY = shop.AS_OF
JANE = {
    "customer_id": "a",
    "first_name": "Valéry",
    "last_name": "O'Hara",
    "email": " J.Doe+Shop@Gmail.com ",
    "phone": "+1 650 555 1212",
    "street": "Long Street 1",
    "postal_code": "94025",
    "city": "Menlo Park",
    "country": "US",
}
EVE = {
    "customer_id": "b",
    "first_name": "\uff1dHYPERLINK(1)",
    "last_name": 'Ng; "Jr", ü',
    "email": "eve@mail.test",
    "phone": "030 123456",
    "street": "+Street 2",
    "postal_code": "01067",
    "city": "Dresden",
    "country": "Germany",
}
PEOPLE = (JANE, EVE)


def digest(text):
    return sha256(text.encode()).hexdigest()


def chosen(*customers):
    schema = {"customer_id": "string", "outcome": "string", "rank": "int64", "reason": "string"}
    return shop.table(schema, [(c, "treatment", rank, f"rule holds; rank {rank}") for rank, c in enumerate(customers, 1)])


def write(folder, profile, *, channel="email", people=PEOPLE, as_of=DAY, has_ledger=True, engine=ENGINE, limits=None, **campaign):
    pii, customers = shop.people(*people)
    asked = shop.campaign(**{"channel": channel, "profile": profile} | campaign | (ADS if channel == "ads" else {}))
    selection = chosen(*(person["customer_id"] for person in people))
    facts = shop.table({"customer_id": "string", "tier": "string", "points": "int64"}, [("a", "=gold", -5), ("b", None, None)])
    content = content_columns(asked, selection, facts) if asked.content else None
    said = audience_profiles()[profile]
    if limits:
        said = said.model_copy(update={"limits": said.limits.model_copy(update=limits)})
    return export_audience(
        engine,
        CampaignContext("spring", asked, shop.PRIVACY, as_of),
        selection,
        ContactData(pii, customers, content),
        Provenance(9, has_ledger, (), profile=said),
        folder=folder,
    )


ADS = {"purpose": "ad_audiences", "kind": "standing"}


def opened(folder, name, as_of=DAY, separator=","):
    text = (folder / as_of.isoformat() / "spring" / name).read_bytes().decode("utf-8")
    return list(csv.reader(io.StringIO(text), delimiter=separator))


EVERYTHING = {"profile_settings": {"match_on": "everything"}}


def test_google_takes_dots_out_of_gmail_hashes_names_and_never_country_or_postal_code(tmp_path):
    manifest = write(tmp_path, "google_customer_match", channel="ads", **EVERYTHING)
    assert opened(tmp_path, "google_customer_match.csv") == [
        ["Email", "Phone", "First Name", "Last Name", "Country", "Zip"],
        [digest("jdoe@gmail.com"), digest("+16505551212"), digest("valéry"), digest("o'hara"), "US", "94025"],
        [digest("eve@mail.test"), "", digest("\uff1dhyperlink(1)"), digest('ng; "jr", ü'), "", "01067"],
    ]
    assert manifest["upload"]["consent"] == {"ad_user_data": "GRANTED", "ad_personalization": "GRANTED"}
    assert manifest["upload"]["warnings"] == ["2 people: Google Ads Customer Match serves no list of fewer than 1000"]


def test_without_a_ledger_of_consents_nothing_is_declared_of_them(tmp_path):
    google = write(tmp_path / "1", "google_customer_match", channel="ads", has_ledger=False)["upload"]
    assert google["consent"] == {} and "nobody was asked for consent" in google["warnings"][-1]
    assert write(tmp_path / "2", "klaviyo", has_ledger=False)["upload"]["columns"] == ["Email Address", "First Name", "Last Name"]


def test_an_ad_platform_is_given_the_address_alone_unless_more_is_asked_for(tmp_path):
    write(tmp_path, "google_customer_match", channel="ads")
    assert opened(tmp_path, "google_customer_match.csv")[0] == ["Email"]


def test_meta_hashes_digits_without_plus_and_names_without_signs(tmp_path):
    write(tmp_path, "meta_custom_audience", channel="ads", **EVERYTHING)
    [header, jane, eve] = opened(tmp_path, "meta_custom_audience.csv")
    assert header == ["email", "phone", "fn", "ln", "ct", "zip", "country"]
    assert jane[1] == "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176", "as Meta publishes"
    assert jane[2] == "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c", "as Meta publishes"
    assert (jane[0], jane[4:]) == (digest("j.doe+shop@gmail.com"), [digest("menlopark"), digest("94025"), digest("us")])
    assert eve[1] == "" and eve[6] == "", "a national number and a country written out are not guessed at"


@pytest.mark.parametrize(
    ("rules", "email", "phone"),
    [
        ("september_2025", "j.doe+shop@gmail.com", "+16505551212"),
        ("august_2025", "j.doe@gmail.com", "16505551212"),
        ("list_of_ids", "jdoe@gmail.com", "+16505551212"),
    ],
)
def test_tiktok_by_the_page_that_is_followed(tmp_path, rules, email, phone):
    settings = {"profile_settings": {"match_on": "email_and_phone", "rules": rules}}
    write(tmp_path, "tiktok_custom_audience", channel="ads", people=(JANE,), **settings)
    expected = [["Email_SHA256", "Phone_SHA256"], [digest(email), digest(phone)]]
    assert opened(tmp_path, "tiktok_custom_audience.csv") == expected


def test_linkedin_has_the_header_of_its_template_and_short_names(tmp_path):
    long = JANE | {"first_name": "É" * 40}
    write(tmp_path, "linkedin_contact_list", channel="ads", people=(long,), **EVERYTHING)
    [header, row] = opened(tmp_path, "linkedin_contact_list.csv")
    assert header == ["email", "firstname", "lastname", "jobtitle", "employeecompany", "country", "googleaid"]
    assert row == [digest("j.doe+shop@gmail.com"), "É" * 35, "O'Hara", "", "", "US", ""]


def test_klaviyo_begins_with_the_address_and_has_consent_as_a_json_list(tmp_path):
    write(
        tmp_path,
        "klaviyo",
        content={"tier": "tier", "points": "points", "offer": FixedText(text="\uff1dSPRING10"), "why": "reason"},
    )
    assert opened(tmp_path, "klaviyo.csv") == [
        ["Email Address", "First Name", "Last Name", "Consent", "tier", "points", "offer", "why"],
        ["j.doe+shop@gmail.com", "Valéry", "O'Hara", '["email"]', "'=gold", "-5", "'\uff1dSPRING10", "rule holds; rank 1"],
        ["eve@mail.test", "'\uff1dHYPERLINK(1)", 'Ng; "Jr", ü', '["email"]', "", "", "'\uff1dSPRING10", "rule holds; rank 2"],
    ]
    sms = write(tmp_path, "klaviyo", channel="sms")
    assert opened(tmp_path, "klaviyo.csv")[1:] == [["+16505551212", "Valéry", "O'Hara", '["sms"]']], "the + stays"
    assert (sms["upload"]["people"], sms["upload"]["not_written"]) == (1, 1), "a national number gets no message there"


def test_mailchimp_takes_no_address_with_other_letters_before_the_at(tmp_path):
    jorg = EVE | {"customer_id": "j", "email": "jörg@mail.test", "last_name": "ü" * 200}
    manifest = write(tmp_path, "mailchimp", people=(EVE | {"last_name": "ü" * 200}, jorg))
    [header, row] = opened(tmp_path, "mailchimp.csv")
    assert header == ["Email Address", "First Name", "Last Name"]
    assert row[0] == "eve@mail.test" and len(row[2].encode()) <= 255
    assert manifest["upload"]["not_written"] == 1


def test_braze_knows_people_by_external_id(tmp_path):
    write(tmp_path, "braze", channel="sms")
    assert opened(tmp_path, "braze.csv")[:2] == [
        ["external_id", "phone", "first_name", "last_name"],
        ["a", "+16505551212", "Valéry", "O'Hara"],
    ]


def test_salesforce_has_the_address_last_and_numbers_without_plus(tmp_path):
    write(tmp_path, "salesforce_marketing_cloud", content={"tier": "tier"})
    assert opened(tmp_path, "salesforce_marketing_cloud.csv")[0] == [
        "Subscriber Key",
        "First Name",
        "Last Name",
        "tier",
        "Email Address",
    ]
    write(tmp_path, "salesforce_marketing_cloud", channel="sms")
    [header, jane, eve] = opened(tmp_path, "salesforce_marketing_cloud.csv")
    assert header == ["_ContactKey", "_MobileNumber", "_Locale", "_FirstName", "_LastName"]
    assert jane[:3] == ["a", "16505551212", "US"]
    assert eve[:3] == ["b", "", ""]


def test_hubspot_has_the_names_of_its_properties(tmp_path):
    write(tmp_path, "hubspot")
    assert opened(tmp_path, "hubspot.csv")[0] == ["Email", "First Name", "Last Name"]


@pytest.mark.parametrize(("answer", "separator"), [("comma", ","), ("semicolon", ";"), ("tab", "\t")])
def test_a_spreadsheet_gets_a_mark_a_separator_and_no_formula(tmp_path, answer, separator):
    write(tmp_path, "plain_csv", channel="sms", profile_settings={"separator": answer})
    path = tmp_path / DAY.isoformat() / "spring" / "plain_csv.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfcustomer_id")
    [header, jane, eve] = opened(tmp_path, "plain_csv.csv", separator=separator)
    assert header == ["\ufeffcustomer_id", "rank", "phone", "first_name", "last_name"]
    assert jane == ["a", "1", "'+16505551212", "Valéry", "O'Hara"]
    assert eve == ["b", "2", "030123456", "'\uff1dHYPERLINK(1)", 'Ng; "Jr", ü']
    write(tmp_path, "plain_csv", channel="post", profile_settings={"separator": answer})
    assert opened(tmp_path, "plain_csv.csv", separator=separator)[2][4] == "'+Street 2"


def test_json_lines_and_parquet_have_the_values_themselves(tmp_path):
    write(tmp_path, "json_lines", channel="post", content={"points": "points"})
    lines = (tmp_path / DAY.isoformat() / "spring" / "json_lines.jsonl").read_text("utf-8").splitlines()
    [jane, eve] = map(json.loads, lines)
    assert (jane["rank"], jane["city"], jane["points"]) == (1, "Menlo Park", "-5")
    assert (eve["last_name"], eve["points"]) == ('Ng; "Jr", ü', None)
    write(tmp_path, "parquet", channel="sms")
    found = pq.read_table(tmp_path / DAY.isoformat() / "spring" / "parquet.parquet")
    assert found.column_names == ["customer_id", "rank", "phone", "first_name", "last_name"]
    assert found["rank"].to_pylist() == [1, 2] and found["phone"].to_pylist() == ["+16505551212", "030123456"]


def test_a_line_break_within_a_value_does_not_break_a_line_of_json():
    """Erasure reads such a file line by line."""
    told = 'Ng\r\n\t"Jr" \\'
    rows = shop.table({"name": "string", "rank": "int64"}, [(told, 1), (None, 2)])
    lines = [str(row["line"]) for row in ENGINE.rows(json_line(rows, ("name", "rank")))]
    assert not [line for line in lines if "\n" in line or "\r" in line]
    assert [json.loads(line) for line in lines] == [{"name": told, "rank": 1}, {"name": None, "rank": 2}]


def test_a_number_that_two_people_have_goes_to_no_ad_platform(tmp_path):
    """The gate asked for the consent of whoever has the address: of a shared number's other owner nobody did."""
    partner = EVE | {"phone": "(650) 555-1212"}
    write(
        tmp_path, "meta_custom_audience", channel="ads", people=(JANE, partner), profile_settings={"match_on": "email_and_phone"}
    )
    assert [row[1] for row in opened(tmp_path, "meta_custom_audience.csv")] == ["phone", "", ""]


def test_the_record_stays_as_it_is_without_a_profile(tmp_path):
    plain = write(tmp_path / "with", "klaviyo")
    pii, customers = shop.people(*PEOPLE)
    context = CampaignContext("spring", shop.campaign(), shop.PRIVACY, DAY)
    without = export_audience(
        ENGINE, context, chosen("a", "b"), ContactData(pii, customers), Provenance(9, True, ()), folder=tmp_path / "without"
    )
    for name in ("audience.csv", "added.csv", "removed.csv"):
        assert plain["files"][name] == without["files"][name]
    assert set(without["files"]) == {"audience.csv", "added.csv", "removed.csv"} and "upload" not in without


def test_who_left_and_the_old_address_of_who_has_another_are_to_be_removed(tmp_path):
    later = DAY + timedelta(days=1)
    moved = EVE | {"email": "eve@new.test"}
    zoe = EVE | {"customer_id": "z", "email": "zoe@mail.test", "phone": None}
    write(tmp_path, "google_customer_match", channel="ads")
    manifest = write(tmp_path, "google_customer_match", channel="ads", people=(moved, zoe), as_of=later)
    removed = opened(tmp_path, "google_customer_match.removed.csv", later)
    assert removed == [["Email"], [digest("jdoe@gmail.com")], [digest("eve@mail.test")]]
    added = opened(tmp_path, "google_customer_match.added.csv", later)
    assert added == [["Email"], [digest("eve@new.test")], [digest("zoe@mail.test")]]
    assert manifest["upload"]["compared"] == "with the list before"


def test_a_list_that_was_written_otherwise_is_to_be_replaced(tmp_path):
    later = DAY + timedelta(days=1)
    write(tmp_path, "google_customer_match", channel="ads")
    manifest = write(tmp_path, "google_customer_match", channel="ads", as_of=later, **EVERYTHING)
    assert "Replace the list" in manifest["upload"]["compared"]
    assert opened(tmp_path, "google_customer_match.removed.csv", later)[1:] == []
    assert len(opened(tmp_path, "google_customer_match.added.csv", later)) == 3


def test_a_list_too_large_for_a_file_becomes_several_each_with_its_header(tmp_path):
    people = [JANE | {"customer_id": f"c{n:02}", "email": f"p{n:02}@mail.test"} for n in range(10)]
    manifest = write(tmp_path, "hubspot", people=people, limits={"rows": 4})
    names = ["hubspot.csv", "hubspot.2.csv", "hubspot.3.csv"]
    assert [manifest["files"][name]["rows"] for name in names] == [4, 4, 2]
    parts = [opened(tmp_path, name) for name in names]
    assert {tuple(part[0]) for part in parts} == {("Email", "First Name", "Last Name")}
    assert [row[0] for part in parts for row in part[1:]] == [f"p{n:02}@mail.test" for n in range(10)]


class SmallBatches(DuckDBEngine):
    """Hands rows out by threes."""

    def batches(self, table):
        for batch in super().batches(table):
            for start in range(0, batch.num_rows, 3):
                yield batch.slice(start, 3)


def test_no_file_is_larger_than_allowed_and_where_it_ends_does_not_depend_on_the_engine(tmp_path):
    people = [JANE | {"customer_id": f"c{n:03}", "email": f"p{n:03}@mail.test"} for n in range(100)]
    manifest = write(tmp_path / "1", "hubspot", people=people, limits={"bytes": 1024})
    again = write(tmp_path / "2", "hubspot", people=people, limits={"bytes": 1024}, engine=SmallBatches(None))
    assert manifest["files"] == again["files"]
    folder = tmp_path / "1" / DAY.isoformat() / "spring"
    parts = [folder / "hubspot.csv", *sorted(folder.glob("hubspot.[0-9]*.csv"))]
    assert len(parts) > 3
    for part in parts:
        content = part.read_bytes()
        assert len(content) <= 1024 and content.startswith(b"Email,") and content.endswith(b"\n")
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
    assert sum(part.read_bytes().count(b"\n") - 1 for part in parts) == 100


@pytest.mark.parametrize("name", sorted(audience_profiles()))
def test_equal_inputs_give_equal_bytes_and_the_manifest_tells_of_every_file(tmp_path, name):
    channel = audience_profiles()[name].channels[0]
    manifests = [
        write(tmp_path / str(n), name, channel=channel, people=people, engine=engine)
        for n, people, engine in ((1, PEOPLE, ENGINE), (2, PEOPLE, DuckDBEngine(None)))
    ]
    assert manifests[0] == manifests[1]
    folder = tmp_path / "1" / DAY.isoformat() / "spring"
    assert set(manifests[0]["files"]) == {path.name for path in folder.iterdir()} - {"manifest.json"}
    for file, told in manifests[0]["files"].items():
        assert sha256((folder / file).read_bytes()).hexdigest() == told["sha256"]
    assert "gmail" not in json.dumps(manifests[0])


@pytest.mark.parametrize("name", ["google_customer_match", "klaviyo", "json_lines", "parquet"])
def test_without_customers_the_files_are_headers(tmp_path, name):
    profile = audience_profiles()[name]
    asked = shop.campaign(**{"channel": profile.channels[0], "profile": name} | (ADS if profile.channels[0] == "ads" else {}))
    nobody = shop.table({"customer_id": "string", "outcome": "string", "rank": "int64"}, [])
    context = CampaignContext("spring", asked, shop.PRIVACY, DAY)
    manifest = export_audience(
        ENGINE, context, nobody, ContactData(None, None), Provenance(1, False, (), profile=profile), folder=tmp_path
    )
    assert {told["rows"] for told in manifest["files"].values()} == {0}


def test_the_arm_and_what_it_is_sent_stand_in_the_platforms_file(tmp_path):
    asked = shop.campaign(profile="klaviyo", arms={"plain": {}, "voucher": {"content": "=SPRING10"}}, content={"why": "reason"})
    pii, customers = shop.people(*PEOPLE)
    schema = {"customer_id": "string", "outcome": "string", "rank": "int64", "reason": "string", "arm": "string"}
    selection = shop.table(schema, [("a", "treatment", 1, "because", "voucher"), ("b", "treatment", 2, "because", "plain")])
    content = content_columns(asked, selection, shop.table({"customer_id": "string"}, [("a",)]))
    said = audience_profiles()["klaviyo"]
    context, contact = CampaignContext("spring", asked, shop.PRIVACY, DAY), ContactData(pii, customers, content)
    manifest = export_audience(ENGINE, context, selection, contact, Provenance(9, True, (), profile=said), folder=tmp_path)
    assert [row[-3:] for row in opened(tmp_path, "klaviyo.csv")] == [
        ["arm", "content", "why"],
        ["voucher", "'=SPRING10", "because"],
        ["plain", "", "because"],
    ]
    assert opened(tmp_path, "audience.csv")[0] == manifest["columns"]
    assert opened(tmp_path, "audience.csv")[1][2:4] == ["voucher", "'=SPRING10"]
