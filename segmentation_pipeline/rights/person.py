"""Who is to be erased: from what was asked to every key, address and order by which the person would be known again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.identity.placeholders import is_placeholder
from segmentation_pipeline.ingest.erased_rows import ErasedRows, Reading, content
from segmentation_pipeline.ingest.known_noes import LEDGERS
from segmentation_pipeline.privacy.addresses import bare_address, normalised_email, normalised_phone
from segmentation_pipeline.privacy.pseudonyms import Pseudonyms
from segmentation_pipeline.privacy.spellings import known_email, known_phone
from segmentation_pipeline.privacy.tombstones import Kind, Sought, Tombstones
from segmentation_pipeline.rights.pieces import lines_of, nameless_rows
from segmentation_pipeline.rights.spelled import spellings_of
from segmentation_pipeline.settings import Settings
from segmentation_pipeline.values.standardise import standard_text

_OWNER = {"account": "string", "kind": "string", "value": "string", "written": "string"}


class UnknownPerson(UserError):
    """Nobody, or more than one person, is meant; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, by customer_id, e-mail address or telephone number, as typed."""

    customers: Sequence[str] = ()
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class People:
    """The people meant: their accounts (keys in lower case) and all values to mark, by kind.

    ``shared`` counts addresses that somebody else has too: they mark nobody, and stay with the other.
    """

    accounts: Sequence[str]
    persons: int
    values: Mapping[Kind, Sequence[str]]
    shared: int = 0
    alike: Sequence[str] = field(default=(), repr=False)
    """Other customers who have one of the addresses, and are not known to be the same person."""


def known_by_id(engine: Engine, settings: Settings, config: Config, asked: Asked) -> Asked:
    """``asked`` with the customer_id of who is named by an address that stands for one."""
    pseudonyms = Pseudonyms(settings.secrets)
    customers = [pseudonyms.known_as(engine, typed, config.pipeline.business) for typed in asked.customers]
    return replace(asked, customers=customers)


def readings(engine: Engine, config: Config) -> dict[str, Reading]:
    """The sources of the project that have rows."""
    return {
        name: Reading(name, source, config.pipeline.business)
        for name, source in config.sources.items()
        if not source.derive_from and engine.has(tables.raw(name))
    }


def find_people(engine: Engine, config: Config, asked: Asked, erased_at: datetime) -> People:
    """Everybody meant, with all accounts of a merged person.

    Raises ``UnknownPerson`` when a key or address is nobody's, an address is that of several people, or several
    customers' keys differ in capitals alone.
    """
    read = readings(engine, config)
    with ExitStack() as held:
        # A ledger may name an address where others name a customer: that is no other owner of the address.
        customers = _accounts(engine, {name: reading for name, reading in read.items() if name not in LEDGERS})
        customers = held.enter_context(engine.staged(customers))
        ledgers = [_accounts(engine, {name: read[name]}) for name in LEDGERS if name in read]
        known = ibis.union(customers, *ledgers) if ledgers else customers
        noted = held.enter_context(engine.staged(_pseudonyms(engine)))
        owners = held.enter_context(engine.staged(_owners(engine, read, customers, noted)))
        accounts, persons = _everybody(engine, asked, known, owners, read["orders" if "orders" in read else "order_items"])
        _stop_when_keys_differ_in_capitals(engine, accounts)
        people = held.enter_context(engine.staged(engine.memtable({"account": accounts}, {"account": "string"})))
        own = owners.semi_join(people, "account").select("kind", "value", "written").distinct()
        others = owners.anti_join(people, "account").select("kind", "value", "account").distinct()
        own = held.enter_context(engine.staged(own))
        shared = held.enter_context(engine.staged(others.semi_join(own, ["kind", "value"])))
        meaningless = (own.kind != str(Kind.PLACE)) & is_placeholder(own.kind, own.value, config.pipeline.identity.placeholders)
        marked = own.anti_join(shared, ["kind", "value"]).filter(~meaningless.fill_null(False))
        marked = held.enter_context(engine.staged(marked))
        aliases = noted.semi_join(marked, ["kind", "value"]).anti_join(customers, "account").select("account").distinct()
        keys = {*accounts, *(str(row["account"]) for row in engine.rows(aliases))}
        values: dict[Kind, list[str]] = {Kind.CUSTOMER: sorted(keys), Kind.EMAIL: [], Kind.PHONE: [], Kind.PLACE: []}
        region = config.pipeline.identity.default_region
        for row in engine.rows(marked.order_by("kind", "value", "written")):
            kind, value = Kind(str(row["kind"])), str(row["value"])
            spelled = [value] if kind is Kind.PLACE else spellings_of(kind, value, str(row["written"]), region)
            values[kind] += [each for each in spelled if each not in values[kind]]
        values |= _by_content(engine, read, Sought.of(erased_at, values), people, held)
        # Who lives at one address is no sign of being one person.
        shared = shared.filter(shared.kind != str(Kind.PLACE))
        alike = engine.rows(shared.select("account").distinct().order_by("account").limit(20))
        return People(
            accounts,
            persons,
            values,
            engine.count(shared.select("kind", "value").distinct()),
            [str(row["account"]) for row in alike],
        )


def marks_of(stones: Tombstones, values: Mapping[Kind, Sequence[str]]) -> dict[str, list[str]]:
    return {str(kind): sorted(stones.mark(kind, value) for value in found) for kind, found in values.items()}


def _accounts(engine: Engine, read: Mapping[str, Reading]) -> ir.Table:
    """Every customer any source names: ``account`` in lower case, and ``customer_id`` as the pipeline spells it."""
    parts = []
    for name, reading in read.items():
        if "customer_id" in SOURCES[name].names:
            source = SOURCES[name]
            keys = engine.table(tables.raw(name)).select("customer_id").distinct()
            spelled = standard_text(keys, source.column("customer_id"), source, reading.config, reading.business)
            parts.append(keys.select(customer_id=spelled))
    everybody = ibis.union(*parts, distinct=True) if len(parts) > 1 else parts[0]
    return everybody.filter(everybody.customer_id.notnull()).mutate(account=everybody.customer_id.lower())


def _addresses(engine: Engine, read: Mapping[str, Reading], customers: ir.Table) -> ir.Table:
    """Which account, of ``customers`` where ledgers tell it, has which address: account, kind ('email', 'phone' or 'place'),
    value (as it is known again) and ``written`` (normalised)."""
    nobody = engine.memtable({name: [] for name in _OWNER}, _OWNER)
    parts = [nobody]
    beside: dict[str, tuple[str, ...]] = {
        "identities": ("identifier",),
        **dict.fromkeys(("customers", *LEDGERS), ("email", "phone")),
    }
    for name, columns in beside.items():
        if name not in read:
            continue
        raw = engine.table(tables.raw(name))
        account = read[name].normalised(raw, "customer_id", Kind.CUSTOMER)
        if name in LEDGERS:
            raw = raw.filter(account.isin(customers.account))
            account = read[name].normalised(raw, "customer_id", Kind.CUSTOMER)
        for column in columns:
            text = cast(ir.StringValue, raw[column].cast("string"))
            email = (Kind.EMAIL, known_email(text), normalised_email(text))
            for kind, value, written in (email, (Kind.PHONE, known_phone(text), normalised_phone(text))):
                if column in ("identifier", str(kind)):
                    parts.append(raw.select(account=account, kind=ibis.literal(str(kind)), value=value, written=written))
        if name in LEDGERS:  # an address beside the key, unless it is its SHA-256
            parts.append(_places(raw, account, read[name].place(raw)))
        if name == "customers":
            street, code, city = (cast(ir.StringValue, raw[part].cast("string")) for part in ("street", "postal_code", "city"))
            place = bare_address(street, code, city)
            parts.append(_places(raw, account, place))
    if "identities" in read and engine.has(tables.IDENTIFIERS):
        ids = engine.table(tables.IDENTIFIERS)
        phones = ids.filter(ids.kind == "phone")
        known = known_phone(cast(ir.StringValue, phones["value"]))
        parts.append(phones.select(account=phones.customer_id.lower(), kind="kind", value=known, written="value"))
    found = ibis.union(*parts, distinct=True) if len(parts) > 1 else nobody
    found = found.mutate(written=found.written.fill_null(found["value"]))
    return found.filter(found.account.notnull(), found.value.notnull())


def _pseudonyms(engine: Engine) -> ir.Table:
    """The pseudonyms of addresses, in the columns of ``_addresses``."""
    if not engine.has(tables.CUSTOMER_ADDRESSES):
        return engine.memtable({name: [] for name in _OWNER}, _OWNER)
    noted = engine.table(tables.CUSTOMER_ADDRESSES)
    text = cast(ir.StringValue, noted.address)
    known = ibis.ifelse(noted.kind == str(Kind.EMAIL), known_email(text), known_phone(text))
    return noted.select(
        account=noted.customer_id.lower(), kind="kind", value=ibis.coalesce(known, text), written="address"
    ).distinct()


def _owners(engine: Engine, read: Mapping[str, Reading], customers: ir.Table, noted: ir.Table) -> ir.Table:
    """``_addresses``, and the pseudonyms.  One that ledgers alone name is no other owner of a customer's address."""
    own = _addresses(engine, read, customers).union(noted.semi_join(customers, "account"), distinct=True)
    return own.union(noted.anti_join(customers, "account").anti_join(own, ["kind", "value"]))


def _places(rows: ir.Table, account: ir.StringValue, place: ir.StringValue | None) -> ir.Table:
    value = ibis.null("string") if place is None else place
    return rows.select(account=account, kind=ibis.literal(str(Kind.PLACE)), value=value, written=value)


def _everybody(engine: Engine, asked: Asked, known: ir.Table, owners: ir.Table, reading: Reading) -> tuple[list[str], int]:
    """The accounts of all people asked for, and how many people they are."""
    people: dict[str, set[str]] = {}
    identity = engine.table(tables.CUSTOMER_IDENTITY) if engine.has(tables.CUSTOMER_IDENTITY) else None
    for typed in asked.customers:
        table = engine.memtable({"customer_id": [typed]}, {"customer_id": "string"})
        account = engine.rows(table.select(key=reading.normalised(table, "customer_id", Kind.CUSTOMER)))[0]["key"]
        if account is None and reading.config.anonymous and typed.strip():
            raise UnknownPerson(f"'{typed}' stands for nobody: it is one of the keys under 'anonymous' in sources.yaml.")
        account = str(account)
        if not engine.count(known.filter(known.account == account)):
            raise UnknownPerson(f"no customer '{typed}' in any source. Look the id up in customer_profile of the published file.")
        canonical, accounts = _same_person(engine, identity, account)
        people.setdefault(canonical, set()).update(accounts)
    for kind, given in ((Kind.EMAIL, asked.emails), (Kind.PHONE, asked.phones)):
        for typed in given:
            value = _normalised(engine, kind, typed)
            found = engine.rows(owners.filter(owners.kind == str(kind), owners.value == value).select("account").distinct())
            several = {}
            for row in found:
                canonical, accounts = _same_person(engine, identity, str(row["account"]))
                several[canonical] = accounts
            if not several:
                raise UnknownPerson(f"no customer has the {kind} '{typed}'. Name the customer by customer_id.")
            if len(several) > 1:
                raise UnknownPerson(
                    f"{len(several)} people have the {kind} '{typed}': customers {', '.join(sorted(several))}. Name the one who "
                    f"asked by customer_id, or each of them in a --file."
                )
            for canonical, accounts in several.items():
                people.setdefault(canonical, set()).update(accounts)
    return sorted(set().union(*people.values())) if people else [], len(people)


def _stop_when_keys_differ_in_capitals(engine: Engine, accounts: Sequence[str]) -> None:
    """Raise ``UnknownPerson`` when two customers, with a record each, go by one of these keys, however they were found."""
    if not engine.has(tables.clean("customers")):
        return
    customers = engine.table(tables.clean("customers"))
    wanted = engine.memtable({"account": list(accounts)}, {"account": "string"})
    with engine.staged(wanted) as wanted:
        own = customers.select("customer_id", account=customers.customer_id.lower()).semi_join(wanted, "account").distinct()
        several = own.group_by("account").agg(keys=own.customer_id.nunique()).filter(lambda found: found["keys"] > 1)
        rows = engine.rows(own.semi_join(several, "account").order_by("account", "customer_id"))
    if rows:
        raise UnknownPerson(
            f"several customers are meant by '{rows[0]['account']}': {', '.join(str(row['customer_id']) for row in rows)}; their "
            f"keys differ in capitals alone. Nobody was erased. Give one of them another key at the origin."
        )


def _same_person(engine: Engine, identity: ir.Table | None, account: str) -> tuple[str, set[str]]:
    """The id a person goes by and all accounts of theirs, in lower case."""
    if identity is None:
        return account, {account}
    merged = engine.rows(identity.filter(identity.customer_id.lower() == account))
    canonical = str(merged[0]["canonical_customer_id"]).lower() if merged else account
    members = engine.rows(identity.filter(identity.canonical_customer_id.lower() == canonical).select("customer_id"))
    return canonical, {account, canonical, *(str(row["customer_id"]).lower() for row in members)}


def _normalised(engine: Engine, kind: Kind, typed: str) -> str:
    table = engine.memtable({"typed": [typed]}, {"typed": "string"})
    value = known_email(table.typed) if kind is Kind.EMAIL else known_phone(table.typed)
    [row] = engine.rows(table.select(value=value))
    if row["value"] is None:
        raise UnknownPerson(f"'{typed}' cannot be {'an e-mail address' if kind is Kind.EMAIL else 'a telephone number'}.")
    return str(row["value"])


def _by_content(
    engine: Engine, read: Mapping[str, Reading], stones: Tombstones, people: ir.Table, held: ExitStack
) -> dict[Kind, list[str]]:
    """The person's orders, and the records that are theirs though no key says so."""
    orders: set[str] = set()
    for name in ("orders", "order_items"):
        if name in read and "customer_id" in SOURCES[name].names:
            raw = engine.table(tables.raw(name))
            out, _ = ErasedRows(engine, read[name], stones).of(raw, held)
            ids = raw.semi_join(out, ["_file", "_row"])
            found = ids.select(value=read[name].normalised(ids, "order_id", Kind.ORDER)).distinct()
            orders |= {str(row["value"]) for row in engine.rows(found) if row["value"] is not None}
    lines: set[str] = set()
    rows: set[str] = set()
    for name, reading in read.items():
        malformed = engine.table(tables.malformed(name))
        places = lines_of(engine, read, malformed, people, held)
        lines |= {str(row["line"]) for row in engine.rows(malformed.semi_join(places, ["_file", "_row"]).select("line"))}
        if name == "customers":
            raw = engine.table(tables.raw(name))
            mine = raw.semi_join(nameless_rows(engine, reading, raw, people, held), ["_file", "_row"])
            found = mine.select(value=content(mine, SOURCES[name].names)).distinct()
            rows |= {str(row["value"]) for row in engine.rows(found)}
    return {Kind.ORDER: sorted(orders), Kind.LINE: sorted(lines), Kind.ROW: sorted(rows)}
