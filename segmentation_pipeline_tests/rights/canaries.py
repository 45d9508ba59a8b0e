"""A small shop in which two people have left a word of their own in every column of every source that holds people."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb

from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.contracts.sources.base import Source

OTHERS = [f"shopper{number:02}" for number in range(24)]
NOES = ("suppressions", "restrictions")
JSON_LINES = ("consents", "support")
PEOPLE = [name for name, source in SOURCES.items() if {"customer_id", "order_id"} & set(source.names)]
"""The sources with people in them."""

CONFIG = {
    "pipeline.yaml": "business: {timezone: Europe/Berlin, currency: EUR}\nrun: {start_date: 2026-01-01, as_of: 2026-06-30}\n"
    "quality: {max_quarantined_share: 0.95, max_blanked_share: 1.0, min_volume_ratio: 0.0, max_volume_ratio: 1000}\n",
    "privacy.yaml": "consent: required\nsalt: canaries-in-the-shop\n"
    "nameless_opt_outs: warn\nnameless_opt_outs_reason: damaged lines are part of the test\n",
    "sources.yaml": "sources:\n"
    + "".join(f"  {name}: {{files: data/raw/{name}.{'jsonl' if name in JSON_LINES else 'csv'}}}\n" for name in PEOPLE),
    "segmentations.yaml": "segmentations: {rfm: {kind: rfm, title: RFM}}\n",
    "campaigns.yaml": "campaigns:\n"
    "  news: {title: News, channel: email, audience: frequency >= 1, rank_by: monetary, holdout_share: 0.0, "
    "profile: klaviyo, content: {offer: {text: SPRING10}}}\n"
    "  letter: {title: Letter, channel: post, audience: frequency >= 1, rank_by: monetary, holdout_share: 0.0, "
    "profile: plain_csv, profile_settings: {separator: semicolon}}\n",
}

Row = dict[str, str]


def canary_shop(folder: Path, *words: str) -> Path:
    """A project with everybody of ``OTHERS`` and, for each word, a person who is known only by it.

    The person has two accounts, ``<word>key01`` and ``<word>key02``, that one loyalty card makes one.  Whoever's word
    begins with ``willing`` has no no in the ledgers and is written to.
    """
    (folder / "config").mkdir(parents=True)
    (folder / "data" / "raw").mkdir(parents=True)
    for name, text in CONFIG.items():
        (folder / "config" / name).write_text(text)
    for name in PEOPLE:
        source = SOURCES[name]
        rows = _others(source)
        lines: list[str] = []
        for word in words:
            if word.startswith("willing") and name in NOES:
                continue
            for account in (1, 2):
                rows += _canaries(source, word, account)
            if not (word.startswith("willing") and name == "consents"):
                lines.append(_damaged(name, word))
        _write(folder, name, rows, lines)
    return folder


def holding(path: Path, *words: str) -> list[str]:
    """``schema.table.column`` of every stored column and view in which a text holds one of the words."""
    found = []
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute("SELECT table_schema, table_name, column_name FROM information_schema.columns").fetchall()
        for schema, table, column in columns:
            text = f'lower("{column}"::VARCHAR)'
            holds = " OR ".join([f"contains({text}, ?)"] * len(words))
            if connection.execute(f'SELECT count(*) FROM "{schema}"."{table}" WHERE {holds}', list(words)).fetchall()[0][0]:
                found.append(f"{schema}.{table}.{column}")
    return sorted(found)


def files_with(folder: Path, *words: str, leave: str = "raw/") -> list[str]:
    """The files below ``folder`` in whose bytes a word stands, whatever its capitals; databases also without compression."""
    sought = [word.encode() for word in words]
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if leave and name.startswith(leave):
            continue
        content = path.read_bytes().lower()
        if any(word in content for word in sought):
            found.append(name)
        elif path.suffix == ".duckdb":
            plain = _uncompressed(path)
            found += [f"{name} (uncompressed)"] if any(word in plain for word in sought) else []
    return found


def _uncompressed(path: Path) -> bytes:
    copy = path.with_name("uncompressed.duckdb")
    with duckdb.connect() as connection:
        connection.execute("SET force_compression = 'uncompressed'")
        connection.execute(f"ATTACH '{path}' AS stored (READ_ONLY)")
        connection.execute(f"ATTACH '{copy}' AS plain")
        connection.execute("COPY FROM DATABASE stored TO plain")
    content = copy.read_bytes().lower()
    copy.unlink()
    return content


def _others(source: Source) -> list[Row]:
    """Two sound rows of everybody else, without a word of the canaries but in what they say about them."""
    rows = []
    for number, customer in enumerate(OTHERS[-2:] if source.name in NOES else OTHERS):
        for again in (1, 2) if source.name != "customers" else (1,):
            row = {column.name: _sound(source, column.name, f"x{number}{again}", customer) for column in source.columns}
            row |= {"order_id": f"x-order-{number}{again}"} if "order_id" in source.names else {}
            rows.append({name: value for name, value in row.items() if name in source.names})
    return rows


def mentions(word: str) -> str:
    """What another customer wrote to the support."""
    return f"my neighbour {word}.mail1@{word}.example, customer {word}key01, tel. {phone(word, 1)}, waits too"


def phone(word: str, account: int) -> str:
    """A number that no other word has; its digits are looked for like the word."""
    return f"+49 30 {900000 + sum(map(ord, word)) % 1000}{account}"


def _canaries(source: Source, word: str, account: int) -> list[Row]:
    """A sound row, an older version of it, a refused one with the word in every column, and one in other capitals."""
    key = f"{word}key{account:02}"
    tag = f"{word}-{source.name}-{account}"
    sound = {column.name: _sound(source, column.name, tag, key, word, account) for column in source.columns}
    rows = [sound]
    if "updated_at" in source.names:
        rows.append(sound | {"updated_at": "2026-01-05 10:00:00", **_free(source, f"{tag}-older")})
    refused = {column.name: f"{tag}-{column.name}" for column in source.columns}
    # Of two customers' records the capitals would make two customers.
    refused["customer_id"] = f" {key} " if source.name == "customers" else f" {key.upper()} "
    if source.name == "returns":
        refused["order_id"] = f" {sound['order_id'].upper()}"  # nothing else says whose it is
    if source.name == "merge_decisions":
        refused["verdict"] = "ALWAYS MERGE"  # any other would keep the two accounts apart
    if source.name != "consents" or not word.startswith("willing"):
        rows.append({name: value for name, value in refused.items() if name in source.names})
    if source.name == "customers":
        nobody = sound | {"customer_id": "", "email": "", "phone": ""}
        rows.append(nobody)
    if source.name == "identities":
        rows.append(sound | {"record_id": f"{tag}-card", "kind": "loyalty_card", "identifier": f"{word}card"})
    if source.name == "suppressions":
        rows.append(sound | {"customer_id": f"{word}.MAIL{account}@{word}.example"})
    if source.name == "support":
        rows.append(_sound_row(source, f"x-{word}{account}".replace(word, "m"), OTHERS[0]) | {"topic": mentions(word)})
    if source.name == "merge_decisions":
        rows.append(sound | {"customer_id": OTHERS[1], "other_customer_id": key})
    return rows


def _sound_row(source: Source, tag: str, customer: str) -> Row:
    return {column.name: _sound(source, column.name, tag, customer) for column in source.columns}


def _free(source: Source, text: str) -> Row:
    texts = [c for c in source.columns if c.type is Type.TEXT and not c.is_key and not c.allowed and not c.pii]
    return {column.name: f"{text} {column.name}" for column in texts}


def _sound(source: Source, name: str, tag: str, customer: str, word: str = "", account: int = 0) -> str:
    column = source.column(name)
    names_place = source.name in ("consents", *NOES) and name in ("street", "postal_code", "city")
    if names_place and (not word or word.startswith("willing")):
        return ""
    if name == "cancels" and not word:
        return ""  # of many cancellations none of whose orders is there the run stops
    personal = {
        "customer_id": customer,
        "other_customer_id": OTHERS[3] if customer != OTHERS[3] else OTHERS[4],
        "order_id": f"{word or 'x'}-order-{account}",
        "email": f"{word}.mail{account}@{word}.example" if word else f"{customer}@mail.example",
        "phone": phone(word, account) if word else "",
        "birth_date": "1980-02-03",
        "postal_code": f"{word}zip" if word else "10115",
        "kind": "email",
        "identifier": f"{word}.mail{account}@{word}.example" if word else f"{customer}@mail.example",
        "verdict": "never_merge",
        "channel": "email",
        "purpose": "marketing",
        "status": {"consents": "granted", "orders": "completed", "subscriptions": "active"}.get(source.name, ""),
        "arm": "treatment",
        "contacted_at": "2026-01-02 09:00:00",
    }
    if name in personal and (name not in ("channel",) or source.name in ("consents", "campaign_contacts")):
        return personal[name]
    if column.allowed:
        return column.allowed[0]
    if column.type is Type.INSTANT:
        return "2026-03-01 10:00:00" if name != "paid_at" else ""
    if column.type is Type.TEXT:
        return f"{tag}-{name}" if column.is_key else f"{tag} {name}"
    return "3"


def _damaged(name: str, word: str) -> str:
    """A record no reader can split: too many values, or no JSON."""
    if name in JSON_LINES:
        return f'{{"customer_id": "{word}key01", "topic": "{word} broken'
    return f"{word}key01,{word}-order-1," + ",".join(f"{word}-{name}-first_name" for _ in range(40))


def _write(folder: Path, name: str, rows: list[Row], lines: list[str]) -> None:
    names = SOURCES[name].names
    if name in JSON_LINES:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        path = folder / "data" / "raw" / f"{name}.jsonl"
    else:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        text, path = buffer.getvalue(), folder / "data" / "raw" / f"{name}.csv"
    path.write_text(text + "".join(f"{line}\n" for line in lines), encoding="utf-8")
