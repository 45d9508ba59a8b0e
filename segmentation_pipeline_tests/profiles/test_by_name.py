"""A profile named in ``sources.yaml`` reads files as ``init`` would have written it, with the project's own keys laid over."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.engine.base import SourceFileError
from segmentation_pipeline.profiles.catalog import profiles
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline_tests.profiles.test_profiles import SAMPLES, expected, figures, files

BUSINESS = "business: {timezone: Europe/Berlin, currency: EUR, key_case: lower}\n"
SHOPIFY: dict[str, Any] = {
    "orders": {"profile": "shopify_orders@1", "files": "data/raw/orders_export_1.csv", "choose": {"amount": "total"}},
    "order_items": {"profile": "shopify_orders@1", "files": "data/raw/orders_export_1.csv"},
}
CUSTOMERS: dict[str, Any] = {
    "customers": {"profile": "shopify_customers@1", "files": "data/raw/customers_export.csv"},
    "consents": {
        "profile": "shopify_customers@1",
        "files": "data/raw/customers_export.csv",
        "choose": {"exported_on": "2024-04-15"},
    },
}


def project(folder: Path, sources: dict[str, Any], business: str = BUSINESS, sample: str = "shopify_customers") -> Path:
    """A project of a profile's sample whose configuration says ``sources``."""
    for path in files(sample):
        (folder / "data" / "raw").mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / "data" / "raw")
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}, sort_keys=False))
    if business:
        (folder / "config" / "pipeline.yaml").write_text(business)
    return folder


def mistakes(folder: Path) -> str:
    with pytest.raises(ConfigError) as raised:
        load_config(folder / "config")
    return str(raised.value)


def with_orders(**changes: Any) -> dict[str, Any]:
    return {**SHOPIFY, "orders": {**SHOPIFY["orders"], **changes}}


# ------------------------------------------------------------ what is read


def test_a_sample_comes_to_the_totals_worked_out_by_hand(tmp_path: Path) -> None:
    assert figures(project(tmp_path, SHOPIFY | CUSTOMERS)) == expected("shopify_customers")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("profile", "sources", "business"),
    [
        (
            "stripe_payments",
            {
                "orders": {"profile": "stripe_payments@1", "files": "data/raw/*.csv"},
                "returns": {"profile": "stripe_payments@1", "files": "data/raw/*.csv"},
            },
            "business: {timezone: Europe/Berlin, currency: EUR}\n",
        ),
        (
            "amazon_orders",
            {
                "orders": {"profile": "amazon_orders@1"},
                "order_items": {
                    "profile": "amazon_orders@1",
                    "files": "data/raw/*.txt",
                    "choose": {"amount": "price"},
                    "csv": {"delimiter": "\t"},
                },
            },
            "business: {timezone: Europe/Berlin, currency: EUR}\n",
        ),
    ],
)
def test_so_do_payments_in_utc_and_orders_made_of_lines(
    profile: str, sources: dict[str, Any], business: str, tmp_path: Path
) -> None:
    assert figures(project(tmp_path, sources, business, profile)) == expected(profile)


def test_keys_of_the_project_are_laid_over_those_of_the_profile(tmp_path: Path) -> None:
    own = {
        "columns": {
            "amount": {"expression": '"Subtotal" + 1'},  # another origin: the profile's goes
            "status": {"values": {"disputed": "skip", "pending": "cancelled"}},  # one word more, one otherwise
            "channel": None,
            "store_id": "Vendor",
        },
        "anonymous": ["", "guest"],
        "skip_when": {"test orders": None, "gifts": "Total = 0"},
    }
    source = load_config(project(tmp_path, with_orders(**own)) / "config").sources["orders"]
    assert (source.columns["amount"].expression, source.columns["amount"].source_column) == ('"Subtotal" + 1', None)
    assert source.columns["status"].values | {"paid": "completed", "disputed": "skip"} == source.columns["status"].values
    assert source.columns["status"].values["pending"] == "cancelled"
    assert "Cancelled at" in str(source.columns["status"].expression)
    assert "channel" not in source.columns and source.columns["store_id"].source_column == "Vendor"
    assert source.columns["order_id"].source_column == "Name"
    assert source.anonymous == ("", "guest")
    assert set(source.skip_when) == {"further lines of an order", "gifts"}


def test_a_profile_of_the_project_is_named_like_any_other(tmp_path: Path) -> None:
    folder = project(tmp_path, {"orders": {"profile": "till@3", "files": "data/raw/*.csv"}})
    own = folder / "config" / "profiles"
    own.mkdir()
    till = {
        "title": "Our till",
        "version": 3,
        "made_by": "every night",
        "documentation": ["https://wiki.shop.test/till"],
        "signature": {"all": ["Bon", "Karte", "Wann", "Summe"]},
        "sources": {"orders": {"columns": {"order_id": "Bon", "customer_id": "Karte", "ordered_at": "Wann", "amount": "Summe"}}},
    }
    (own / "till.yaml").write_text(yaml.safe_dump(till))
    assert load_config(folder / "config").sources["orders"].columns["amount"].source_column == "Summe"
    (own / "till.yaml").write_text(yaml.safe_dump(till | {"version": 4}))
    profiles.cache_clear()
    assert "version '3' of profile 'till', which is not here" in mistakes(folder)


# ------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"profile": "shopify_orders"}, ["without its version", "expected: 'shopify_orders@1'"]),
        ({"profile": "shopify_orders@7"}, ["version '7' of profile 'shopify_orders', which is not here", "shopify_orders@1"]),
        ({"profile": "shopify_order@1"}, ["the unknown profile 'shopify_order'", "did you mean 'shopify_orders@1'?"]),
        ({"profile": "shopify_customers@1"}, ["which has no orders", "sources.customers"]),
        ({"profile": 5}, ["no name of a profile"]),
        ({"choose": {}}, ["no answer to: What is the amount of an order?", "subtotal (", "choose: {amount: total}"]),
        ({"choose": {"amount": "totl"}}, ["the answer 'totl'", "did you mean 'total'?"]),
        ({"choose": {"amount": "total", "amout": "total"}}, ["'amout', which nobody asks for orders", "did you mean 'amount'?"]),
        ({"choose": "total"}, ["no answers", "{amount: total}"]),
        ({"columns": {"status": {"vals": {}}}}, ["sources.orders.columns.status.vals"]),
        ({"columns": {"order_id": None}}, ["no column 'order_id'"]),
        ({"negative": "cancel"}, ["cancellations that name no order"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_cure(changes: dict[str, Any], told: list[str], tmp_path: Path) -> None:
    said = mistakes(project(tmp_path, with_orders(**changes)))
    assert "config/sources.yaml:" in said
    assert [text for text in told if text not in said] == [], said


def test_a_mistake_in_what_the_profile_says_names_the_profile(tmp_path: Path) -> None:
    said = mistakes(project(tmp_path, with_orders(derive_from="order_items", files=None)))
    assert "from profile shopify_orders@1" in said, said  # fill_down and skip_when are for sources with files


def test_what_no_export_tells_must_be_said_once(tmp_path: Path) -> None:
    folder = project(tmp_path, SHOPIFY, business="")
    said = mistakes(folder)
    assert said.count("business.timezone") == 1 and said.count("no business.currency") == 1
    assert "business: {key_case: lower}" in said
    (folder / "config" / "pipeline.yaml").write_text("business: {timezone: Europe/Berlin, currency: EUR, key_case: keep}\n")
    assert load_config(folder / "config").pipeline.business.key_case == "keep", "what is said counts"
    sap = project(tmp_path / "sap", {"orders": {"profile": "sap_orders@1", "files": "x.csv"}}, "business: {timezone: UTC}\n")
    assert "pad_to: {customer_id: 10, order_id: 10}" in mistakes(sap)


def test_answers_need_a_profile(tmp_path: Path) -> None:
    own = {"orders": {"files": "x.csv", "choose": {"amount": "total"}}}
    assert "answers, and no profile that asks" in mistakes(project(tmp_path, own))


def test_a_column_that_the_file_lacks_says_how_to_do_without(tmp_path: Path) -> None:
    folder = project(tmp_path, SHOPIFY)
    file = folder / "data" / "raw" / "orders_export_1.csv"
    file.write_text(file.read_text("utf-8").replace("Discount Amount", "Discount", 1), encoding="utf-8")
    with pytest.raises(SourceFileError, match=r"'Discount Amount'.*profile shopify_orders@1.*taken out by null"):
        figures(folder)
    assert figures(project(tmp_path, with_orders(columns={"discount_amount": None})))["orders"]["revenue"] == "1407.50"


def test_mistakes_in_profiles_of_the_project_are_told_with_those_of_its_configuration(tmp_path: Path) -> None:
    folder = project(tmp_path, with_orders(columns={"status": {"vals": {}}}), "business: {timezon: UTC}\n")
    (folder / "config" / "profiles").mkdir()
    (folder / "config" / "profiles" / "till.yaml").write_text("title: Till\n")
    said = mistakes(folder)
    assert "profiles/till.yaml" in said and "no key 'signature'" in said
    assert "a profile, while there are mistakes in config/profiles" in said
    assert "did you mean 'timezone'?" in said


# ------------------------------------------------------------ versions


def test_what_a_version_means_does_not_change() -> None:
    """Whoever changes what files mean gives the profile another version, and notes its digest here."""
    recorded = yaml.safe_load((SAMPLES / "versions.yaml").read_text("utf-8"))
    found = {}
    for name, profile in profiles().items():
        meaning = profile.model_dump(mode="json", include={"sources", "choices", "business"})
        for choice in meaning["choices"].values():
            del choice["question"], choice["usual"]
            for option in choice["options"].values():
                del option["means"]
        digest = hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()[:16]
        found[f"{name}@{profile.version}"] = digest
    assert found == recorded, "another meaning needs another version: " + yaml.safe_dump(found)


def test_the_example_of_the_documentation_loads(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "your_data.md").read_text("utf-8")
    [example] = [text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "profile: shopify_orders" in text]
    folder = project(tmp_path, {})
    (folder / "config" / "sources.yaml").write_text(example)
    assert figures(folder)["orders"]["revenue"] == expected("shopify_orders")["orders"]["revenue"]
