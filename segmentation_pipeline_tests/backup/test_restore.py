"""What was lost comes back, what is newer is not lost, and nobody who was erased returns."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from segmentation_pipeline.backup.archive import read_manifest
from segmentation_pipeline.backup.backup import back_up
from segmentation_pipeline.backup.restore import NewerData, Restored, restore
from segmentation_pipeline.campaigns.audience_log import SEALED, AudienceLog
from segmentation_pipeline.engine.warehouse_format import UnreadableWarehouse
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.project.configuration import load_config
from segmentation_pipeline.settings import Settings
from segmentation_pipeline_tests.end_to_end.nights import night
from segmentation_pipeline_tests.end_to_end.project import all_rows, orders_alone, query, segmentation

pytestmark = pytest.mark.slow

ORDERS = "order_id,customer_id,ordered_at,amount\n" + "".join(
    f"o{n},c{n % 7},2026-0{1 + n % 6}-{1 + n % 28:02} 10:00,{5 + n}\n" for n in range(40)
)
FIRST, SECOND = "2026-06-29", "2026-06-30"
MADE_AT = datetime(2027, 1, 1, tzinfo=UTC)


def backed_up(project: Path, to: Path, made_at: datetime = MADE_AT) -> Path:
    back_up(Settings(project), load_config(project / "config"), to, made_at, pytest.fail)
    return to


def restored(project: Path, archive: Path, *, force: bool = False) -> Restored:
    return restore(Settings(project), load_config(project / "config"), archive, pytest.fail, force=force)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project after its first day, with ``first.tar.gz`` of then, the second day run, and ``rows`` of it."""
    project = orders_alone(tmp_path_factory.mktemp("kept") / "shop", ORDERS)
    night(project, FIRST)
    backed_up(project, project.parent / "first.tar.gz", datetime.now(UTC))
    night(project, SECOND)
    return project


@pytest.fixture
def again(shop: Path, tmp_path: Path) -> Path:
    """A copy of the project after its second day."""
    shutil.copytree(shop, tmp_path / "shop")
    return tmp_path / "shop"


def test_a_day_after_a_loss_is_as_it_would_have_been(shop: Path, again: Path) -> None:
    for path in again.joinpath("data").iterdir():
        if path.name != "raw":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    found = restored(again, shop.parent / "first.tar.gz")
    assert found.as_of == FIRST and found.erasures == ()
    assert query(again, "SELECT DISTINCT as_of FROM publication") == [(date.fromisoformat(FIRST),)]
    assert stat.S_IMODE((again / "data" / "warehouse.duckdb").stat().st_mode) == 0o600
    night(again, SECOND)
    expected, rows = all_rows(shop), all_rows(again)
    assert {name for name in expected if expected[name] != rows[name]} == set()
    assert len(rows["segment_history"]) > 0 and len(query(again, "SELECT DISTINCT as_of FROM segment_kpis")) == 2


def test_newer_days_and_lists_are_not_lost_without_being_told(shop: Path, again: Path) -> None:
    AudienceLog(Settings(again).audience_log).add(SEALED, date.fromisoformat(SECOND), "letter")
    before = (again / "data" / "warehouse.duckdb").read_bytes()
    with pytest.raises(NewerData, match=r"the day 2026-06-30; lists handed over since, such as letter of 2026-06-30") as told:
        restored(again, shop.parent / "first.tar.gz")
    assert "--force" in str(told.value)
    assert (again / "data" / "warehouse.duckdb").read_bytes() == before
    assert restored(again, shop.parent / "first.tar.gz", force=True).as_of == FIRST
    assert not Settings(again).audience_log.exists(), "no list had been handed over then"
    restored(again, shop.parent / "first.tar.gz")  # nothing newer any more


def test_no_other_project_is_overwritten(shop: Path, again: Path) -> None:
    other = again.rename(again.with_name("other"))
    with pytest.raises(NewerData, match="another project"):
        restored(other, shop.parent / "first.tar.gz")


def test_a_damaged_backup_changes_nothing(shop: Path, again: Path) -> None:
    whole = (shop.parent / "first.tar.gz").read_bytes()
    damaged = again.parent / "damaged.tar.gz"
    damaged.write_bytes(whole[: len(whole) // 2])
    before = all_rows(again)
    with pytest.raises(UserError, match="damaged"):
        restored(again, damaged, force=True)
    assert all_rows(again) == before and not Settings(again).restoring.exists()


def test_after_an_interrupted_restore_no_run_starts_until_it_is_done(shop: Path, again: Path) -> None:
    archive = shop.parent / "first.tar.gz"
    Settings(again).restoring.write_text(str(archive))
    (again / "data" / "warehouse.duckdb").unlink()
    with pytest.raises(UnreadableWarehouse, match=rf"run 'segmentation restore {archive}' again"):
        night(again, SECOND)
    restored(again, archive)
    night(again, SECOND)
    assert all_rows(again)["customer_profile"] == all_rows(shop)["customer_profile"]


def test_whoever_was_erased_since_is_erased_again_and_without_secrets_nothing_comes_back(shop: Path, again: Path) -> None:
    archive = backed_up(again, again.parent / "both.tar.gz")
    assert "Done: " in segmentation(again, "backup").stdout
    forgotten = segmentation(again, "forget", "c3")
    assert forgotten.returncode == 0 and "1 archive in " in forgotten.stdout
    shutil.move(again / "secrets", again.parent / "kept_apart")
    done = segmentation(again, "restore", str(archive), "--force")
    assert done.returncode == 0, "the backup knows of no erasure"
    shutil.move(again.parent / "kept_apart", again / "secrets")
    done = segmentation(again, "restore", str(archive), "--force")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 erasure was made after the backup: erasing again" in done.stdout
    assert query(again, "SELECT count(*) FROM customer_profile WHERE customer_id = 'c3'") == [(0,)]
    night(again, SECOND)
    assert query(again, "SELECT count(*) FROM customer_profile WHERE customer_id = 'c3'") == [(0,)]

    later = backed_up(again, again.parent / "later.tar.gz")
    assert "tombstone.key" in read_manifest(later)["secrets"]
    (again / "secrets" / "tombstones.jsonl").unlink()
    with pytest.raises(UserError, match=r"depends on tombstones\.jsonl .* Put the folder .* back first"):
        restored(again, later, force=True)


def test_where_a_backup_cannot_be_made_it_says_so(again: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ends in \.tar\.gz"):
        backed_up(again, again / "config" / "sources.yaml")
    with pytest.raises(UserError, match="with which it would be lost"):
        backed_up(again, again / "data" / "b.tar.gz")
    new = orders_alone(tmp_path / "new", ORDERS)
    with pytest.raises(UserError, match="Run 'segmentation run' first"):
        backed_up(new, tmp_path / "new.tar.gz")
