"""What an erasure came to, and what its certificate says of it: counts, hashes and marks, and nobody's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from segmentation_pipeline.privacy.tombstones import Tombstones
from segmentation_pipeline.rights.audience_files import ErasedAudiences, Removal
from segmentation_pipeline.rights.changed_file import FileChange
from segmentation_pipeline.rights.person import People
from segmentation_pipeline.rights.recipients import Receipt
from segmentation_pipeline.rights.reingest import Reread
from segmentation_pipeline.rights.warehouse import ErasedTables


@dataclass(frozen=True)
class Erasure:
    """What was erased, or with a dry run would be; ``certificate`` is what was written down of it."""

    people: int
    tables: ErasedTables
    published: ErasedTables | None
    audiences: ErasedAudiences
    source_files: Mapping[str, FileChange] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    """Records of the person that stay in the user's own files, by file; no run takes them in."""
    traces: Mapping[str, FileChange] = field(default_factory=dict)
    receipts: Sequence[Receipt] = ()
    reread: Mapping[str, Reread] = field(default_factory=dict)
    found_in_files: Sequence[str] = ()
    found_elsewhere: Sequence[str] = ()
    """Files of the user's below ``data`` that no source reads and that hold a spelling of the person."""
    not_rewritten: Sequence[str] = ()
    shared_addresses: int = 0
    alike: Sequence[str] = field(default=(), repr=False)
    certificate: Mapping[str, object] | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing of the person was found afterwards, and every recipient was reached."""
        left = self.tables.left or (self.published and self.published.left) or self.found_in_files or self.not_rewritten
        reached = all(receipt.reached for receipt in self.receipts)
        return reached and not left and not any(one.found for one in self.reread.values())

    @property
    def removed(self) -> tuple[Removal, ...]:
        return self.audiences.removed


def certified(erasure: Erasure, stones: Tombstones, people: People) -> dict[str, object]:
    """What the certificate tells: counts, hashes and marks, and nobody's name."""
    return {
        "erasures": [stone.erasure for stone in stones.erasures],
        "erased_up_to": max(stone.erased_at for stone in stones.erasures).isoformat(),
        "people": people.persons,
        "accounts": len(people.accounts),
        "marks": {stone.erasure: dict(stone.marks) for stone in stones.erasures},
        "tables": {table: asdict(change) for table, change in erasure.tables.changes.items()},
        "tables_left": dict(erasure.tables.left),
        "published": {t: asdict(change) for t, change in erasure.published.changes.items()} if erasure.published else {},
        "published_left": dict(erasure.published.left) if erasure.published else {},
        "files": {
            name: asdict(change) for name, change in {**erasure.audiences.files, **erasure.source_files, **erasure.traces}.items()
        },
        "records_left_in_own_files": dict(erasure.refused),
        "not_rewritten": list(erasure.not_rewritten),
        "recipients": [asdict(receipt) for receipt in erasure.receipts],
        "read_again": {name: asdict(one) for name, one in erasure.reread.items()},
        "files_holding_a_spelling": list(erasure.found_in_files),
        "unread_files_holding_a_spelling": list(erasure.found_elsewhere),
        "addresses_shared_with_others": erasure.shared_addresses,
        "complete": erasure.complete,
    }


def unfinished(certificates: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of each erasure the last certificate, where it is not complete."""
    last = {tuple(one["erasures"]): one for one in certificates}
    return [one for one in last.values() if not as_certified(one, [Receipt(**told) for told in one["recipients"]]).complete]


def as_certified(certificate: Mapping[str, Any], receipts: Sequence[Receipt]) -> Erasure:
    """What a certificate tells, with what recipients told since; nothing else is looked for again."""
    left = [ErasedTables({}, certificate[name], ()) for name in ("tables_left", "published_left")]
    return Erasure(
        certificate["people"],
        left[0],
        left[1],
        ErasedAudiences({}, ()),
        refused=certificate["records_left_in_own_files"],
        receipts=receipts,
        reread={name: Reread(**one) for name, one in certificate["read_again"].items()},
        found_in_files=certificate["files_holding_a_spelling"],
        found_elsewhere=certificate["unread_files_holding_a_spelling"],
        not_rewritten=certificate["not_rewritten"],
    )
