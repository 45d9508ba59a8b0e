"""Files with the names of the pipeline's own sources are those sources; columns that may say a no are never passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.starting.by_contract import draft_by_contract, may_say_no
from segmentation_pipeline.starting.by_name import known_by_name
from segmentation_pipeline.starting.exports import look_at
from segmentation_pipeline_tests.starting.test_init import BERLIN, KLAVIYO, SHOPIFY, export, init, refusal, written
from segmentation_pipeline_tests.starting.test_init import CUSTOMERS as CUSTOMERS_EXPORT
from segmentation_pipeline_tests.starting.test_init import project as project

ORDERS = "order_id,customer_id,ordered_at,amount\n1,C1,2024-03-01,5.00\n2,C2,2024-03-02,6.00\n"
CUSTOMERS = "customer_id,email,city\nC1,ann@mail.test,Ulm\nC2,bob@mail.test,Bonn\n"
CONSENTS = """customer_id,email,channel,purpose,status,occurred_at
C1,ann@mail.test,email,marketing,granted,2024-02-01
C1,ann@mail.test,email,marketing,withdrawn,2024-02-03
C2,bob@mail.test,email,marketing,granted,2024-02-01
"""
SUPPRESSIONS = "email,suppressed_at,note\nbob@mail.test,2024-02-05,x\n"


@pytest.mark.parametrize("source", [name for name in SOURCES if name not in known_by_name()])
def test_a_source_is_known_by_its_own_names_or_taken_for_none_by_them(source: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(",".join(SOURCES[source].names) + "\n" + ",".join("x" for _ in SOURCES[source].names) + "\n")
    draft = draft_by_contract(look_at(SourceFile(path, path.name, "csv"), lambda names: False))
    assert draft is None or draft.name == source
    if source in ("consents", "suppressions", "restrictions", "returns", "web_sessions", "identities"):
        assert draft is not None


@pytest.mark.slow
def test_consents_beside_customers_are_consents(project: Path) -> None:
    texts = {"orders": ORDERS, "people": CUSTOMERS, "agreed": CONSENTS, "gone": SUPPRESSIONS}
    said = init(*(export(project, text, f"{name}.csv") for name, text in texts.items()), *BERLIN, "--yes")
    assert said.exit_code == 0, f"{said.output}{said.exception}"
    assert "data/raw/agreed.csv: columns named as consents has them" in said.output
    sources = written(project)
    assert sources.keys() == {"orders", "customers", "consents", "suppressions"}
    assert sources["suppressions"]["columns"] == {"email": "email", "suppressed_at": "suppressed_at"}
    assert "Not read: note." in (project / "config" / "sources.yaml").read_text("utf-8")


def test_a_list_of_two_columns_is_known_by_its_names(project: Path) -> None:
    files = [export(project, ORDERS, "orders.csv"), export(project, "email;suppressed_at\nbob@mail.test;2024-02-05\n", "no.csv")]
    assert init(*files, *BERLIN, "--yes").exit_code == 0
    assert written(project)["suppressions"]["columns"] == {"email": "email", "suppressed_at": "suppressed_at"}


def test_of_consents_by_name_and_an_export_that_has_them_none_goes_without_a_word(project: Path) -> None:
    files = [export(project, ORDERS, "orders.csv"), export(project, CONSENTS, "agreed.csv"), KLAVIYO]
    assert "say who said no (consents)" in refusal(*files, *BERLIN, "--yes")
    said = init(*files, *BERLIN, "--yes", "--choose", "consents from=klaviyo_profiles")
    assert "The consents of data/raw/agreed.csv (data/raw/agreed.csv) are NOT READ" in said.output


@pytest.mark.slow
@pytest.mark.parametrize("chosen", ["shopify_customers", "klaviyo_profiles", "data/raw/agreed.csv"])
def test_of_three_that_say_no_any_may_be_chosen_and_two_are_told(chosen: str, project: Path) -> None:
    three = {"shopify_customers": CUSTOMERS_EXPORT, "klaviyo_profiles": KLAVIYO, "data/raw/agreed.csv": None}
    agreed = export(project, CONSENTS, "agreed.csv")
    given = (*BERLIN, "--yes", "--choose", "exported_on=2024-04-15", "--choose", f"consents from={chosen}")
    said = init(SHOPIFY, *(path or agreed for path in three.values()), *given)
    assert said.exit_code == 0, f"{said.output}{said.exception}"
    told = [name for name in three if f"The consents of {name} (" in said.output]
    assert told == [name for name in three if name != chosen]
    assert (three[chosen] or agreed).name[:6] in str(written(project)["consents"]["files"])


@pytest.mark.slow
@pytest.mark.parametrize("column", ["Newsletter", "E-Mail Opt-In", "Einwilligung Werbung", "Désinscrit", "Zgoda marketingowa"])
def test_a_column_that_may_say_a_no_and_is_not_read_is_told(column: str, project: Path) -> None:
    people = f"Kundennr;E-Mail;{column}\nC1;ann@mail.test;nein\nC2;bob@mail.test;ja\n"
    said = init(export(project, ORDERS, "orders.csv"), export(project, people, "kunden.csv"), *BERLIN, "--yes")
    assert said.exit_code == 0, f"{said.output}{said.exception}"
    told = f"{column!r} may say who agreed to be contacted, or said no: NOT READ"
    assert told in said.output and told in " ".join((project / "config" / "sources.yaml").read_text("utf-8").split())


def test_other_columns_do_not_sound_like_it() -> None:
    assert may_say_no(["Total", "Status", "Rabatt", "Subtotal", "Email", "Adresse", "Category", "Options", "Description"]) == []
    assert may_say_no(["Prodotto", "Periodo", "Rebaja", "Trabajador", "Rodolfo", "Subscription"]) == []
    assert may_say_no(["RODO", "Fecha de baja", "OPTIN_IP"]) == ["RODO", "Fecha de baja", "OPTIN_IP"]
