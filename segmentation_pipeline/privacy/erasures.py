"""Which erasures a warehouse has gone through, so that one restored from a backup is not taken for erased."""

from __future__ import annotations

from pathlib import Path

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.privacy.tombstones import TombstoneError, Tombstones

_SCHEMA = {"erasure": "string"}


def done_erasures(engine: Engine) -> set[str]:
    """The erasures that were carried out in this warehouse."""
    if not engine.has(tables.ERASURES):
        return set()
    return {str(row["erasure"]) for row in engine.rows(engine.table(tables.ERASURES))}


def note_erasures(engine: Engine, erasures: list[str]) -> None:
    engine.append(tables.ERASURES, engine.memtable({"erasure": erasures}, _SCHEMA))


def check_erasures(engine: Engine, stones: Tombstones | None, folder: Path) -> None:
    """Raise ``TombstoneError`` unless warehouse and tombstones tell of the same erasures.

    A new warehouse has none to go through: what it reads is screened.
    """
    done = done_erasures(engine)
    known = [] if stones is None else [stone.erasure for stone in stones.erasures]
    if lost := sorted(done - set(known)):
        raise TombstoneError(
            f"{len(lost)} erasures of this warehouse are not in {folder / 'tombstones.jsonl'} (the first is {lost[0]}): erased "
            f"people would come back. Restore the folder {folder} from a backup and run again."
        )
    undone = [erasure for erasure in known if erasure not in done]
    if undone and not engine.has(tables.FILES):
        note_erasures(engine, undone)
    elif undone:
        raise TombstoneError(
            f"{len(undone)} erasures are not carried out in this warehouse (the first is {undone[0]}): an erasure was "
            f"interrupted, or the warehouse comes from a backup. Run 'segmentation forget --resume', then run again."
        )
