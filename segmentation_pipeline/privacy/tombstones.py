"""Tombstones: by what an erased person is known again, without keeping who it was.

A tombstone holds keyed hashes (HMAC-SHA-256) of the person's keys, addresses and orders.  Key and tombstones lie in
``secrets/`` beside ``data/``, readable by their owner alone, so that neither a copy of the data nor one of the
tombstones tells anything by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.keyed_hash import hmac_sha256
from segmentation_pipeline.errors import UserError

_KEY_CHECK = "key"
_KEY_BYTES = 32


class Kind(StrEnum):
    """What a mark is the keyed hash of."""

    CUSTOMER = "customer"
    EMAIL = "email"
    PHONE = "phone"
    PLACE = "place"
    """A postal address; it names somebody in ledgers alone, since people share one."""
    ORDER = "order"
    LINE = "line"
    """A record that could not be split into columns."""
    ROW = "row"
    """A row without a customer, by all it holds."""


class TombstoneError(UserError):
    """Who was erased cannot be told, so nothing may be read."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erasure: when (UTC), and the marks of the person by kind.  ``erasure`` is its number and a piece of its hash."""

    erasure: str
    erased_at: datetime
    marks: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Tombstones:
    """All erasures of a project and the key of their marks."""

    key: bytes = field(repr=False)
    erasures: tuple[Tombstone, ...]

    def mark(self, kind: Kind, text: str) -> str:
        return mark(self.key, kind, text)

    def marked(self, kind: Kind, text: ir.StringValue) -> ir.StringValue:
        """``mark`` computed in the engine."""
        return self.marked_value(ibis.literal(f"{kind}|") + text)

    def marked_value(self, value: ir.StringValue) -> ir.StringValue:
        """The mark of ``kind|text``."""
        return hmac_sha256(value, self.key)

    @cached_property
    def digest(self) -> str:
        """Changes with every erasure: what was read under another digest must be read again."""
        return hashlib.sha256("".join(stone.erasure for stone in self.erasures).encode()).hexdigest()[:16]

    @cached_property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for stone in self.erasures for kind, marks in stone.marks.items() if marks)

    def known(self, kind: Kind) -> dict[str, datetime]:
        """Every mark of the kind with the moment of the last erasure it belongs to."""
        found: dict[str, datetime] = {}
        for stone in self.erasures:
            for one in stone.marks.get(kind, ()):
                found[one] = max(stone.erased_at, found.get(one, stone.erased_at))
        return found

    def staged(self, engine: Engine, held: ExitStack) -> ir.Table:
        """mark and erased_at of every mark there is; no two kinds have one in common.

        Stored for as long as ``held`` lasts: DuckDB cannot pass the filters of every join to a table of Python's.
        """
        known: dict[str, datetime] = {}
        for kind in Kind:
            known |= self.known(kind)
        columns: dict[str, list[object]] = {"mark": list(known), "erased_at": list(known.values())}
        return held.enter_context(engine.staged(engine.memtable(columns, {"mark": "string", "erased_at": "timestamp"})))

    def only(self, erasures: Iterable[str]) -> Tombstones:
        """These tombstones without those of other erasures."""
        wanted = set(erasures)
        return Tombstones(self.key, tuple(stone for stone in self.erasures if stone.erasure in wanted))


@dataclass(frozen=True)
class Sought(Tombstones):
    """People by their values as they are, for as long as somebody looks for them: nothing of it is written down.

    To compare values is a tenth of the work of hashing all that is stored.
    """

    @classmethod
    def of(cls, erased_at: datetime, values: Mapping[Kind, Sequence[str]]) -> Sought:
        marks = {str(kind): [f"{kind}|{value}" for value in sorted(found)] for kind, found in values.items()}
        return cls(b"", (Tombstone("sought", erased_at, marks),))

    def mark(self, kind: Kind, text: str) -> str:
        return f"{kind}|{text}"

    def marked_value(self, value: ir.StringValue) -> ir.StringValue:
        return value


def mark(key: bytes, kind: Kind, text: str) -> str:
    """The keyed hash of a normalised value; values of two kinds never have one mark."""
    return hmac.new(key, f"{kind}|{text}".encode(), "sha256").hexdigest()


def read_tombstones(folder: Path) -> Tombstones | None:
    """The tombstones in ``folder``; None where nobody was ever erased.

    Raises ``TombstoneError`` when there are some and their key is missing or another, or a line is damaged.
    """
    path, key_path = folder / "tombstones.jsonl", folder / "tombstone.key"
    if not path.is_file():
        return None
    if not key_path.is_file():
        raise TombstoneError(
            f"{path} names erased people, and the key to know them again, {key_path}, is missing: without it they would come "
            f"back. Restore the file from a backup of {folder} and run again."
        )
    key = read_key(key_path)
    stones = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found = json.loads(line)
            stone = Tombstone(found["erasure"], datetime.fromisoformat(found["erased_at"]), found["marks"])
        except (ValueError, KeyError, TypeError):
            raise TombstoneError(
                f"{path}, line {number}: not a tombstone, the file is damaged. Restore it from a backup of {folder} and run "
                f"again."
            ) from None
        if found.get("key") != mark(key, Kind.ROW, _KEY_CHECK):
            raise TombstoneError(
                f"{path}, line {number}: made with another key than {key_path}: the erased would not be known again. Restore the "
                f"key of the tombstones from a backup of {folder} and run again."
            )
        stones.append(stone)
    return Tombstones(key, tuple(stones))


def tombstone_key(folder: Path) -> bytes:
    """The project's key; made at the first erasure, 0600 in a folder of mode 0700."""
    path = folder / "tombstone.key"
    if path.is_file():
        return read_key(path)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, secrets.token_bytes(_KEY_BYTES).hex() + "\n")
    return read_key(path)


def add_tombstone(folder: Path, key: bytes, erased_at: datetime, marks: Mapping[str, Sequence[str]]) -> Tombstone:
    """Write one more tombstone, whole or not at all, and give it."""
    before = read_tombstones(folder)
    number = 1 + (len(before.erasures) if before else 0)
    content = {"erased_at": erased_at.isoformat(), "marks": {kind: sorted(found) for kind, found in sorted(marks.items())}}
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    stone = Tombstone(f"{number:06d}-{digest[:12]}", erased_at, content["marks"])  # type: ignore[arg-type]
    path = folder / "tombstones.jsonl"
    lines = path.read_text(encoding="utf-8") if before else ""
    line = {"erasure": stone.erasure, "key": mark(key, Kind.ROW, _KEY_CHECK), **content}
    write_private(path, lines + json.dumps(line) + "\n")
    return stone


def write_private(path: Path, text: str) -> None:
    """Replace a file by ``text``, readable by its owner alone, whole or not at all, also when power fails."""
    part = path.with_name(f".{path.name}.new")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def read_key(path: Path) -> bytes:
    """The key in a file.  Raises ``TombstoneError`` when there is none in it."""
    try:
        key = bytes.fromhex(path.read_text(encoding="utf-8").strip())
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise TombstoneError(f"{path}: not a key ({2 * _KEY_BYTES} hex digits). Restore it from a backup and run again.")
    return key
