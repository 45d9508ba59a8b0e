"""``segmentation init``: what is recognised is written, what is not known is asked, nothing is overwritten."""

from __future__ import annotations

import re
import shlex
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner, Result

from segmentation_pipeline.cli import app
from segmentation_pipeline.profiles.page import page
from segmentation_pipeline.settings import HOME_VARIABLE
from segmentation_pipeline_tests.engine.workbook_files import write_workbook
from segmentation_pipeline_tests.profiles.test_profiles import SAMPLES

ROOT = Path(__file__).parents[2]
BERLIN = ("--timezone", "Europe/Berlin", "--currency", "EUR")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.setenv(HOME_VARIABLE, str(folder))
    return folder


def init(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["init", *map(str, arguments)])


def refusal(*arguments: object) -> str:
    """Why ``init`` does nothing."""
    result = init(*arguments)
    assert result.exit_code == 1
    return str(result.exception)


def export(folder: Path, text: str, name: str = "export.csv") -> Path:
    path = folder.parent / name
    path.write_text(text, encoding="utf-8")
    return path


def written(folder: Path) -> dict[str, dict]:
    return yaml.safe_load((folder / "config" / "sources.yaml").read_text("utf-8"))["sources"]


SHOPIFY = SAMPLES / "shopify_orders" / "orders_export_1.csv"
CUSTOMERS = SAMPLES / "shopify_customers" / "customers_export.csv"
KLAVIYO = SAMPLES / "klaviyo_profiles" / "klaviyo-list-export.csv"


# ------------------------------------------------------------ questions


def test_everything_that_must_be_said_is_asked_at_once_and_nothing_is_written(project: Path) -> None:
    said = refusal(SHOPIFY)
    assert all(key in said for key in ("--choose amount=", "--choose timezone=", "--choose currency="))
    assert "EUR" in said and "USD" in said
    assert list(project.iterdir()) == []


def test_an_answer_that_is_none_and_one_nobody_asked_for_are_told(project: Path) -> None:
    assert "expected one of: subtotal, total" in refusal(SHOPIFY, *BERLIN, "--choose", "amount=gross")
    assert "did you mean 'amount'" in refusal(SHOPIFY, *BERLIN, "--choose", "amout=total")
    assert "IANA time zone" in refusal(SHOPIFY, "--timezone", "Berlin", "--yes")
    assert "KEY=ANSWER" in refusal(SHOPIFY, "--choose", "amount")


@pytest.mark.slow
def test_another_answer_reads_another_column(project: Path) -> None:
    assert init(SHOPIFY, *BERLIN, "--choose", "amount=subtotal").exit_code == 0
    assert written(project)["orders"]["columns"]["amount"] == "Subtotal"


@pytest.mark.slow
def test_of_two_exports_that_say_no_somebody_says_which_and_what_is_lost_is_told(project: Path) -> None:
    files = (SHOPIFY, CUSTOMERS, KLAVIYO, *BERLIN, "--yes", "--choose", "exported_on=2024-04-15")
    said = refusal(*files)
    assert "consents from" in said and "map that file as suppressions" in said
    said = init(*files, "--choose", "consents from=klaviyo_profiles")
    assert said.exit_code == 0
    lost = "The consents of shopify_customers (data/raw/customers_export.csv) are NOT READ. A no that stands there alone"
    assert lost in said.output
    text = " ".join((project / "config" / "sources.yaml").read_text("utf-8").replace("\n#", "").split())
    assert lost in text and "map that file as suppressions" in text
    assert "klaviyo" in str(written(project)["consents"]["files"])
    assert "customers" in written(project)


@pytest.mark.slow
def test_a_list_of_those_who_agreed_gives_way_to_one_that_may_say_no(project: Path) -> None:
    agreed, left = (SAMPLES / f"mailchimp_{name}" for name in ("subscribed", "unsubscribed"))
    lists = [path for folder in (agreed, left) for path in folder.glob("*.csv")]
    said = init(SHOPIFY, KLAVIYO, *lists, *BERLIN, "--yes")
    assert said.exit_code == 0, f"{said.output}{said.exception}"
    assert "klaviyo" in str(written(project)["consents"]["files"])
    assert "unsubscribed" in str(written(project)["suppressions"]["files"])
    assert "The consents of mailchimp_subscribed" in said.output and "and nobody's no" in said.output
    assert "assumed Both klaviyo_profiles and mailchimp_subscribed have consents" in said.output


def test_days_that_may_be_months_are_asked(project: Path) -> None:
    etsy = (SAMPLES / "etsy_orders" / "EtsySoldOrders2024.csv").read_text("utf-8")
    early = re.sub(r"^0[34]/[0-9]{2}/24", "03/04/24", etsy, flags=re.MULTILINE)
    said = refusal(export(project, early), "--timezone", "America/New_York", "--yes")
    assert "%m/%d/%y" in said and "%d/%m/%y" in said
    answer = "dates of Sale Date of export.csv=%d/%m/%y"
    init(project.parent / "export.csv", "--timezone", "America/New_York", "--yes", "--choose", answer)
    assert written(project)["orders"]["columns"]["ordered_at"]["format"] == "%d/%m/%y"


@pytest.mark.slow
def test_twelve_hours_and_years_of_two_digits_are_told_by_their_values(project: Path) -> None:
    receipts = next((SAMPLES / "loyverse_items").glob("*.csv")).read_text("utf-8")

    def other(found: re.Match[str]) -> str:
        at = datetime.strptime(found[0], "%Y-%m-%d %H:%M")
        return f"{at.month}/{at.day}/{at:%y} {at.hour % 12 or 12}:{at:%M %p}"

    american = re.sub(r"^2024-[0-9-]+ [0-9:]+", other, receipts, flags=re.MULTILINE)
    assert "3/30/24 11:30 PM" in american
    said = init(export(project, american, "receipts.csv"), *BERLIN, "--yes")
    assert said.exit_code == 0, f"{said.output}{said.exception}"
    assert written(project)["order_items"]["columns"]["ordered_at"]["format"] == "%m/%d/%y %I:%M %p"
    assert "1,282.00 EUR" in said.output and "2024-03-30 to 2024-04-14" in said.output


# ------------------------------------------------------------ what is refused


def test_a_column_that_was_renamed_is_named(project: Path) -> None:
    changed = SHOPIFY.read_text("utf-8").replace("Refunded Amount", "Refund", 1)
    said = refusal(export(project, changed), *BERLIN, "--yes")
    assert "looks like Shopify orders" in said and "'Refunded Amount'" in said
    said = refusal(export(project, changed), *BERLIN, "--yes", "--profile", "shopify_orders")
    assert "'Refunded Amount' for orders.returned_amount" in said
    assert "did you mean 'shopify_orders'" in refusal(SHOPIFY, "--profile", "shopify_order")
    assert "did you mean 'shopify_orders@1'" in refusal(SHOPIFY, "--profile", "shopify_orders@2")
    assert "'Refunded Amount' for orders.returned_amount" in refusal(
        project.parent / "export.csv", *BERLIN, "--yes", "--profile", "shopify_orders@1"
    )


def test_what_the_configuration_says_once_must_be_one_thing_in_the_file(project: Path) -> None:
    square = next((SAMPLES / "square_items").glob("*.csv")).read_text("utf-8")
    mixed = square.replace("Eastern Time (US & Canada)", "Pacific Time (US & Canada)", 1)
    assert "'Time Zone' has one of" in refusal(export(project, mixed), *BERLIN, "--yes")


def test_without_orders_there_is_no_project(project: Path) -> None:
    said = refusal(CUSTOMERS, *BERLIN, "--yes", "--choose", "exported_on=2024-04-15")
    assert "no file has orders" in said and "Shopify customers" in said
    assert "no export in" in refusal()
    assert "no such file" in refusal(project / "none.csv")


def test_a_column_is_explained_and_nothing_written(project: Path) -> None:
    given = (SHOPIFY, *BERLIN, "--yes", "--explain")
    assert "orders.amount: Total (so says what the file is" in init(*given, "Total").output
    assert "fill_down.columns" in init(*given, "Tags").output
    assert "is not read" in init(*given, "Vendor").output
    assert "did you mean 'Vendor'" in refusal(*given, "Vendr")
    assert list(project.iterdir()) == []


# ------------------------------------------------------------ what is there stays


@pytest.mark.slow
def test_nothing_that_is_there_is_overwritten(project: Path) -> None:
    assert init(SHOPIFY, *BERLIN, "--yes").exit_code == 0
    privacy = (project / "config" / "privacy.yaml").read_text()
    assert "would be overwritten: --force" in refusal(SHOPIFY, *BERLIN, "--yes")
    (project / "config" / "sources.yaml").write_text("sources: {}\n")
    assert init(*BERLIN, "--yes", "--force").exit_code == 0  # the files are in data/raw now
    assert written(project)["orders"]["files"] == "data/raw/orders_export_*.csv"
    assert (project / "config" / "privacy.yaml").read_text() == privacy
    other = export(project, SHOPIFY.read_text("utf-8") + "\n", SHOPIFY.name)
    assert "holds something else" in refusal(other, *BERLIN, "--yes", "--force")


# ------------------------------------------------------------ files that are no known export

GERMAN = """Bestell-Nr.;Kundennr.;Datum;Gesamtbetrag;Notiz
B1;K1;10.03.2024 09:15;"1.234,56";x
B2;K1;11.03.2024 10:00;49,90;
B3;K2;12.03.2024 11:00;1.250;
"""


def test_unknown_columns_are_proposed_by_their_names_and_to_be_confirmed(project: Path) -> None:
    said = init(export(project, GERMAN), *BERLIN, "--yes")
    assert said.exit_code == 0, said.output
    assert "2,534.46 EUR" in said.output
    orders = written(project)["orders"]
    assert orders["number"] == {"decimal": ","}
    assert orders["columns"]["ordered_at"] == {"from": "Datum", "format": "%d.%m.%Y %H:%M"}
    text = (project / "config" / "sources.yaml").read_text("utf-8")
    assert text.count("to be confirmed") == 3 and "Not read: Notiz." in text
    assert "Kundennr" not in said.output and "K1" not in said.output  # who ordered is not shown


def test_an_amount_with_and_without_tax_is_asked_and_a_lone_thousand_too(project: Path) -> None:
    file = export(project, "Bestellnr;Kunde;Datum;Netto;Brutto\n1;a;31.03.2024;1.000;1.190\n2;b;31.03.2024;2.000;2.380\n")
    said = refusal(file, *BERLIN, "--yes")
    assert "--choose orders.amount=" in said and "Netto" in said and "Brutto" in said
    answers = ("--choose", "orders.amount=Netto")
    assert "decimal sign" in refusal(file, *BERLIN, "--yes", *answers)
    said = init(file, *BERLIN, "--yes", *answers, "--choose", "decimal sign of export.csv=,")
    assert "3,000.00 EUR" in said.output


def test_a_status_is_mapped_so_that_words_nobody_knows_are_no_purchases(project: Path) -> None:
    file = export(
        project, "order_id,customer_id,ordered_at,amount,status\n1,a,2024-03-01,5.00,wc-completed\n2,b,2024-03-02,9.00,trash\n"
    )
    said = init(file, *BERLIN, "--yes")
    assert said.exit_code == 1
    assert "'trash' 1, 'wc-completed' 1" in said.output and "say what each means" in said.output


@pytest.mark.slow
def test_names_of_files_are_no_patterns_and_patterns_take_no_other_file(project: Path) -> None:
    raw = project / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "orders [1].csv").write_bytes(SHOPIFY.read_bytes())
    (raw / "orders [2].csv").write_bytes(CUSTOMERS.read_bytes())
    assert init(*BERLIN, "--yes", "--choose", "exported_on=2024-04-15").exit_code == 0
    assert written(project)["orders"]["files"] == "data/raw/orders [[]1].csv"
    assert written(project)["customers"]["files"] == "data/raw/orders [[]2].csv"


def test_lines_make_orders_and_an_order_is_on_one_row(project: Path) -> None:
    lines = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n1,A,2,2024-03-01 10:00,2.50,7\n1,B,1,2024-03-01 10:00,3.00,7\n"
    said = init(export(project, lines), *BERLIN, "--yes")
    assert "1 orders of 1 customers, 8.00 EUR" in said.output
    assert written(project)["orders"] == {"derive_from": "order_items"}
    years = "order_id,customer_id,ordered_at,amount\n1,ann,2023-02-01,80.00\n1,cat,2024-02-01,15.00\n"
    assert "begin anew each year" in refusal(export(project, years), *BERLIN, "--yes", "--force")


def test_files_of_one_source_are_in_one_encoding(project: Path) -> None:
    text = "order_id,customer_id,ordered_at,amount,channel\n{n},a,2024-03-0{n},5.00,{where}\n"
    names = [project.parent / f"export_{n}.csv" for n in (1, 2, 3)]
    for name, where, encoding in zip(names, ("Köln", "Köln", "Bonn"), ("windows-1252", "utf-8", "ascii"), strict=True):
        name.write_bytes(text.format(n=name.stem[-1], where=where).encode(encoding))
    answered = (*BERLIN, "--yes", "--choose", "encoding=windows-1252")
    assert "must be in one encoding" in refusal(*names[:2], *answered)
    assert init(names[0], names[2], *answered).exit_code == 0
    assert written(project)["orders"]["files"] == "data/raw/export_*.csv"


def test_nothing_personal_is_shown(project: Path) -> None:
    orders = export(project, "order_id,customer_id,ordered_at,amount\n1,C77,2024-03-01,5.00\n", "orders.csv")
    people = export(project, "customer_id,email,birth_date\nC77,ann@mail.test,31.12.1999\n", "people.csv")
    said = init(orders, people, *BERLIN, "--yes")
    config = (project / "config" / "sources.yaml").read_text("utf-8")
    assert "%d.%m.%Y" in config
    assert not any(secret in text for text in (said.output, config) for secret in ("31.12.1999", "ann@mail.test", "C77"))


def test_an_encoding_is_asked_with_how_it_reads(project: Path) -> None:
    file = project.parent / "export.csv"
    file.write_bytes("order_id,customer_id,ordered_at,amount,channel\n1,a,2024-03-01,5.00,Köln\n".encode("windows-1252"))
    said = refusal(file, *BERLIN, "--yes")
    assert "windows-1252: reads" in said and "öln" in said
    assert init(file, *BERLIN, "--yes", "--choose", "encoding=windows-1252").exit_code == 0
    assert written(project)["orders"]["csv"] == {"encoding": "windows-1252"}


@pytest.mark.slow
def test_utf_16_is_read_as_such(project: Path) -> None:
    file = project.parent / "orders.csv"
    file.write_bytes(SHOPIFY.read_text("utf-8").encode("utf-16"))
    said = init(file, *BERLIN, "--yes")
    assert "8 orders of 4 customers, 1,407.50 EUR" in said.output
    assert written(project)["orders"]["csv"] == {"encoding": "utf-16"}


# ------------------------------------------------------------ profiles of a project's own

TILL = """
title: Our till
made_by: "Till 7, every night"
documentation: ["https://wiki.shop.test/till"]
signature: {all: [Bon, Karte, Wann, Summe]}
sources:
  orders:
    anonymous: [""]
    columns: {order_id: Bon, customer_id: Karte, ordered_at: Wann, amount: Summe}
"""


def test_a_project_may_have_profiles_of_its_own(project: Path) -> None:
    own = project / "config" / "profiles" / "till.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(TILL)
    file = export(project, "Bon;Karte;Wann;Summe\n1;K1;31.03.2024;5,50\n2;;31.03.2024;4,00\n")
    said = init(file, *BERLIN, "--yes")
    assert "Our till (profile till@1)" in said.output
    assert "1 orders of 1 customers, 5.50 EUR" in said.output and "1 of nobody with 4.00" in said.output
    assert "till" in init("--profiles").output


def test_mistakes_in_a_profile_are_told_with_their_place(project: Path) -> None:
    own = project / "config" / "profiles" / "broken.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(TILL.replace("amount: Summe", "amout: Summe, category: {expression: 'lower('}") + "  ordrs: {}\n")
    said = refusal(SHOPIFY)
    assert "profiles/broken.yaml:9: sources.orders.columns.amout" in said and "did you mean 'amount'" in said
    assert "the unknown source 'ordrs'" in said and "sources.orders.columns.category" in said


# ------------------------------------------------------------ a folder for the project


@pytest.mark.slow
def test_a_folder_is_made_for_files_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    given = (*BERLIN, "--yes", "--choose", "exported_on=2024-04-15")
    said = init("shop", "--from", SHOPIFY, CUSTOMERS, *given)  # as a shell writes out a pattern
    assert said.exit_code == 0, said.output
    assert {file.name for file in (tmp_path / "shop" / "data" / "raw").iterdir()} == {SHOPIFY.name, CUSTOMERS.name}
    assert set(written(tmp_path / "shop")) == {"orders", "order_items", "customers", "consents"}
    assert f"Next, in {tmp_path / 'shop'}" in said.output
    assert init("other", "--from", SHOPIFY, "--from", CUSTOMERS, *given).exit_code == 0
    assert "expected the folder of the project before --from" in refusal("--from", SHOPIFY, *given)
    assert "found the file" in refusal(SHOPIFY, "--from", CUSTOMERS, *given)
    assert "found the file none.csv" in refusal("none.csv", "--from", CUSTOMERS, *given)


@pytest.mark.slow
def test_what_the_files_make_possible_is_said_and_written(project: Path) -> None:
    said = init(SHOPIFY, *BERLIN, "--yes")
    assert "RFM segments" in said.output and "Price sensitivity" in said.output
    assert "A source customers (" in said.output and "would add: Countries" in said.output
    assert "Without a source consents nobody is contacted" in said.output
    segmentations = project / "config" / "segmentations.yaml"
    kept = yaml.safe_load(segmentations.read_text("utf-8"))["segmentations"]
    assert {"rfm", "price_sensitivity"} <= kept.keys() and "web_engagement" not in kept
    segmentations.write_text("segmentations: {rfm: {kind: rfm, title: Mine}}\n", encoding="utf-8")
    assert "kept config/segmentations.yaml" in init(*BERLIN, "--yes", "--force").output
    assert "Mine" in segmentations.read_text("utf-8")


# ------------------------------------------------------------ what the documentation says


def shown_by(heading: str) -> list[tuple[str, list[str]]]:
    """The commands that a section of the page shows, with the lines they are said to answer; ``...`` stands for others."""
    page = (ROOT / "docs" / "your_data.md").read_text("utf-8")
    [section] = re.findall(rf"^#+ {re.escape(heading)}$(.*?)(?=^#)", page, re.DOTALL | re.MULTILINE)
    shown: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```\n(.*?)```", section, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                shown.append((line.removeprefix("$ "), []))
            elif line.strip() not in ("", "..."):
                shown[-1][1].append(line.removesuffix(" ...").strip())
    return shown


@pytest.mark.slow
def test_what_the_documentation_shows_is_what_the_commands_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    euros = "".join(line for line in SHOPIFY.read_text("utf-8").splitlines(keepends=True) if ",USD," not in line)
    (tmp_path / "orders_export_1.csv").write_text(euros, encoding="utf-8")
    walked = shown_by("Begin with `segmentation init`")
    assert [command.split()[0] for command, _ in walked] == ["segmentation", "segmentation", "cd", "segmentation", "duckdb"]
    for command, lines in walked:
        name, *arguments = shlex.split(command)
        if name == "cd":
            monkeypatch.chdir(tmp_path / arguments[0])
            continue
        if name == "duckdb":
            with duckdb.connect(arguments[0], read_only=True) as connection:
                found = connection.execute(arguments[1]).fetchall()
            answered = "\n".join(" | ".join(map(str, row)) for row in found)
        else:
            result = CliRunner().invoke(app, arguments)
            answered = f"{result.output}\nError: {result.exception}"
        plain = " ".join(answered.split())
        assert [line for line in lines if " ".join(line.split()) not in plain] == [], answered


@pytest.mark.slow
def test_the_command_of_the_readme_makes_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [command] = re.findall(r"^ *segmentation (init .*)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    euros = "".join(line for line in SHOPIFY.read_text("utf-8").splitlines(keepends=True) if ",USD," not in line)
    (tmp_path / "orders_export_1.csv").write_text(euros, encoding="utf-8")
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, shlex.split(command))
    assert said.exit_code == 0, said.output
    assert "8 orders of 4 customers, 1,407.50 EUR" in said.output
    monkeypatch.chdir(tmp_path / "shop")
    checked = CliRunner().invoke(app, ["check"])
    assert checked.exit_code == 0, checked.output


def test_the_page_of_exports_is_what_the_profiles_say() -> None:
    told = "write docs/exports.md anew: it is what segmentation_pipeline.profiles.page.page() gives"
    assert (ROOT / "docs" / "exports.md").read_text("utf-8") == page(), told


def test_a_folder_is_looked_through_for_workbooks_too(project: Path) -> None:
    folder = project / "data" / "raw"
    folder.mkdir(parents=True)
    rows = [[f"A{n}", f"C{n % 3}", f"2024-03-{n + 1:02} 10:00:00", 10.5 + n] for n in range(12)]
    write_workbook(folder / "orders.xlsx", {"Orders": [["Order No", "Customer", "Order date", "Total"], *rows]})
    (folder / "~$orders.xlsx").write_bytes(b"open in a spreadsheet program")
    result = init("--yes", *BERLIN)
    assert result.exit_code == 0, result.output
    assert written(project)["orders"]["files"] == "data/raw/orders.xlsx"
    assert "12 orders of 3 customers, 192.00 EUR" in result.output
