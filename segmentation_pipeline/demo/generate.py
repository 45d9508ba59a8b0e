"""Make the files of an omnichannel retailer that does not exist: realistic, dirty, with a known truth."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from segmentation_pipeline.demo.accounts import PAYMENT_TRAITS, create_accounts
from segmentation_pipeline.demo.campaigns import create_all_purchases, create_contacts, create_outcomes
from segmentation_pipeline.demo.consents import create_consents
from segmentation_pipeline.demo.costs import create_costs
from segmentation_pipeline.demo.dirt import faults as all_faults
from segmentation_pipeline.demo.draws import create_macros
from segmentation_pipeline.demo.engagement import (
    EMAIL_TRAITS,
    RESEARCH_TRAITS,
    SOCIAL_TRAITS,
    WEB_TRAITS,
    create_engagement,
)
from segmentation_pipeline.demo.fault import Fault
from segmentation_pipeline.demo.files import (
    Format,
    append_broken_records,
    file_names,
    plan_broken_records,
    refuse_leftovers,
    write_source,
)
from segmentation_pipeline.demo.identities import create_identities
from segmentation_pipeline.demo.latent import create_latent, create_purchases
from segmentation_pipeline.demo.layout import CORE, LAYOUTS
from segmentation_pipeline.demo.membership import CLUB_TRAITS, LOYALTY_TRAITS, USAGE_TRAITS, create_membership
from segmentation_pipeline.demo.orders import create_order_items, create_orders, create_returns
from segmentation_pipeline.demo.people import create_customers
from segmentation_pipeline.demo.places import create_places
from segmentation_pipeline.demo.products import create_products
from segmentation_pipeline.demo.rhythm import YEARS, create_rhythms
from segmentation_pipeline.demo.shoppers import create_shoppers
from segmentation_pipeline.demo.spoil import create_fault_tables, create_sent, list_faults, note_lost_orders
from segmentation_pipeline.demo.stores import STORE_TRAITS, create_store_visits
from segmentation_pipeline.demo.traits import Trait, create_traits
from segmentation_pipeline.demo.truth import write_truth
from segmentation_pipeline.demo.voice import (
    BENEFIT_LEANINGS,
    BENEFIT_TRAITS,
    LIFESTYLE_TRAITS,
    OPINION_TRAITS,
    SUPPORT_TRAITS,
    VALUE_TRAITS,
    create_voice,
)

AS_OF = date(2026, 6, 30)
CSV_UPTO = 20_000
"""Up to so many customers the files are CSV, which people can read; above Parquet, which is faster."""
MEMORY_LIMIT = "4GB"
TRAITS: dict[str, Sequence[Trait]] = {
    "web": WEB_TRAITS,
    "email": EMAIL_TRAITS,
    "social": SOCIAL_TRAITS,
    "opinion": OPINION_TRAITS,
    "benefit": BENEFIT_TRAITS,
    "lifestyle": LIFESTYLE_TRAITS,
    "value": VALUE_TRAITS,
    "support": SUPPORT_TRAITS,
    "loyalty": LOYALTY_TRAITS,
    "club": CLUB_TRAITS,
    "usage": USAGE_TRAITS,
    "payment": PAYMENT_TRAITS,
    "store": STORE_TRAITS,
    "research": RESEARCH_TRAITS,
}
"""By channel: what only the generator knows of each customer."""
LEANINGS = {"benefit": BENEFIT_LEANINGS}
"""By channel: what most customers of a type of shopper have."""
MORE: dict[Callable[[duckdb.DuckDBPyConnection, date], None], frozenset[str]] = {
    create_engagement: frozenset(("web_sessions", "email_events", "social_events")),
    create_membership: frozenset(("loyalty", "subscriptions", "usage")),
    create_voice: frozenset(("surveys", "support")),
    create_accounts: frozenset(("firmographics", "repayments")),
    create_store_visits: frozenset(("store_visits",)),
    create_costs: frozenset(("marketing_costs",)),
    create_identities: frozenset(("identities", "merge_decisions")),  # last: it gives orders to second accounts
}
"""Who makes which of the sources that follow from orders and customers, in this order, only where one is wanted."""


@dataclass(frozen=True, slots=True)
class GenerationReport:
    """What was written: rows per file name (malformed records not counted), and where."""

    folder: Path
    truth: Path
    file_format: Format
    rows: dict[str, int]


def generate(
    customers: int,
    seed: int,
    out: Path,
    *,
    file_format: Format | None = None,
    as_of: date = AS_OF,
    sources: Sequence[str] | None = None,
    dirt: bool = True,
    truth: Path | None = None,
    years: int = YEARS,
) -> GenerationReport:
    """Write ``years`` of history that end with ``as_of`` into ``out``, and the truth behind it.

    The same arguments give the same bytes.  ``sources`` says what is written (None: ``CORE``), not what
    happens: orders are the same with and without their items.  Only with ``identities`` some customers order
    under a second account.  ``dirt=False`` delivers flawless files.
    Amounts are EUR, times local in Europe/Berlin.  Truth goes to ``truth``, or else to
    ``out/../truth`` when ``out`` is named ``raw``, or else to ``out/truth``.

    Raises ``ValueError`` for an unknown source or less than one customer or year and ``LeftoverFiles``
    when files of another run would get mixed up with the new ones.
    """
    with tempfile.TemporaryDirectory(prefix="segmentation-demo-") as spill, duckdb.connect() as con:
        con.execute(f"SET memory_limit = '{MEMORY_LIMIT}'; SET temp_directory = '{spill}'")
        return generate_on(
            con, customers, seed, out, file_format=file_format, as_of=as_of, sources=sources, dirt=dirt, truth=truth, years=years
        )


def generate_on(
    con: duckdb.DuckDBPyConnection,
    customers: int,
    seed: int,
    out: Path,
    *,
    file_format: Format | None,
    as_of: date,
    sources: Sequence[str] | None,
    dirt: bool,
    truth: Path | None,
    years: int = YEARS,
) -> GenerationReport:
    """Like ``generate``, on a fresh connection whose limits the caller has set."""
    wanted = _wanted(sources)
    for number, what in ((customers, "customers"), (years, "years")):
        if number < 1:
            raise ValueError(f"{number} {what} cannot be generated: give at least 1")
    chosen: Format = file_format or ("csv" if customers <= CSV_UPTO else "parquet")
    truth = truth or (out.parent / "truth" if out.name == "raw" else out / "truth")
    _imagine(con, customers, seed, as_of, years, frozenset(wanted))
    faults = _faults(as_of, chosen) if dirt else {}
    for source in dict.fromkeys(["orders", *wanted]):  # a lost order takes along what belongs to it, delivered or not
        create_sent(con, source, LAYOUTS[source], faults.get(source, ()))
    files = file_names(con, wanted, chosen)
    out.mkdir(parents=True, exist_ok=True)
    refuse_leftovers(out, [name for names in files.values() for name in names], list(LAYOUTS))
    return GenerationReport(out, truth, chosen, _deliver(con, files, faults, out, chosen, truth))


def _wanted(sources: Sequence[str] | None) -> list[str]:
    if unknown := sorted(set(sources or ()) - set(LAYOUTS)):
        raise ValueError(f"unknown source {', '.join(unknown)}: choose from {', '.join(LAYOUTS)}")
    return [name for name in LAYOUTS if name in (CORE if sources is None else sources)]


def _faults(as_of: date, file_format: Format) -> dict[str, tuple[Fault, ...]]:
    found = all_faults(as_of)
    if file_format == "csv":
        return found
    return {source: tuple(fault for fault in faults if not fault.csv_only) for source, faults in found.items()}


def _imagine(con: duckdb.DuckDBPyConnection, customers: int, seed: int, as_of: date, years: int, wanted: frozenset[str]) -> None:
    """The shop as it really is, in tables ``shop_<source>``; those of ``MORE`` only where they are wanted."""
    create_macros(con, seed)
    create_shoppers(con)
    create_rhythms(con, as_of, years)
    create_latent(con, customers, years)
    create_purchases(con)
    create_products(con)
    create_customers(con, as_of)
    create_places(con, as_of)
    create_consents(con, as_of)
    create_contacts(con, as_of)
    create_all_purchases(con)
    create_orders(con)
    create_order_items(con)
    create_returns(con, as_of)
    create_outcomes(con)
    create_traits(con, TRAITS, LEANINGS)
    for create, sources in MORE.items():
        if wanted & sources:
            create(con, as_of)


def _deliver(
    con: duckdb.DuckDBPyConnection,
    files: dict[str, dict[str, str]],
    faults: dict[str, tuple[Fault, ...]],
    out: Path,
    file_format: Format,
    truth: Path,
) -> dict[str, int]:
    """Write the shop as its systems tell of it; rows per file."""
    create_fault_tables(con)
    note_lost_orders(con, faults.get("orders", ()))
    broken: dict[str, str] = {}
    if faults and file_format == "csv":
        files, broken = plan_broken_records(con, files)
    rows: dict[str, int] = {}
    for source, names in files.items():
        list_faults(con, source, LAYOUTS[source], faults.get(source, ()))
        rows |= write_source(con, source, names, faults.get(source, ()), out, file_format)
    append_broken_records(out, broken)
    write_truth(con, truth)
    return rows
