"""Published tables and audience files on a real SFTP server: only on the one that is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from segmentation_pipeline.connections.place import ConnectionProblem
from segmentation_pipeline.destinations.object_store import ObjectStoreConfig, ObjectStoreDestination
from segmentation_pipeline_tests.destinations.publication import write_publication
from segmentation_pipeline_tests.services.sftp_server import PASSWORD, USER, SftpServer, sftp_server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpServer]:
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    with sftp_server(tmp_path / "server") as server:
        yield server


def destination(server: SftpServer, **options: str) -> ObjectStoreDestination:
    given = {"username": USER, "password_env": "SFTP_PASSWORD", "known_hosts": str(server.known_hosts)} | options
    url = f"sftp://{server.host}:{server.port}/shop"
    return ObjectStoreDestination(ObjectStoreConfig(url=url, storage_options=given, audiences=True))


@pytest.fixture
def audiences(tmp_path: Path) -> Path:
    folder = tmp_path / "audiences"
    (folder / "2026-06-30" / "win_back").mkdir(parents=True)
    (folder / "2026-06-30" / "win_back" / "audience.csv").write_text("email\nann@example.org\n")
    return folder


def test_tables_and_lists_arrive_and_the_manifest_comes_last(server: SftpServer, tmp_path: Path, audiences: Path) -> None:
    place, publication = destination(server), write_publication(tmp_path)
    assert place.connection_test() == "reached, nothing there yet"
    assert place.deliver(publication, audiences).changed
    current = json.loads((server.root / "shop" / "current.json").read_text())
    folder = server.root / "shop" / current["folder"]
    assert pq.read_table(folder / "customer_profile.parquet")["customer_id"].to_pylist() == ["C0", "C1", "C2"]
    assert (folder / "audiences" / "win_back" / "audience.csv").read_text() == "email\nann@example.org\n"
    assert not list(server.root.rglob("*.part"))
    assert place.connection_test() == f"holds {current['folder']}"
    assert not place.deliver(publication, audiences).changed


def test_another_publication_replaces_the_manifest(server: SftpServer, tmp_path: Path, audiences: Path) -> None:
    destination(server).deliver(write_publication(tmp_path), audiences)
    first = (server.root / "shop" / "current.json").read_text()
    destination(server).deliver(write_publication(tmp_path, customers=4), audiences)
    second = json.loads((server.root / "shop" / "current.json").read_text())
    assert second["tables"]["customer_profile"] == 4 and json.loads(first)["folder"] != second["folder"]


def test_a_server_that_is_not_known_gets_nothing(server: SftpServer, tmp_path: Path, audiences: Path) -> None:
    nobody = tmp_path / "nobody"
    nobody.write_text("")
    with pytest.raises(ConnectionProblem, match=r"is not known, and has ssh-ed25519 .*known_hosts names another file"):
        destination(server, known_hosts=str(nobody)).deliver(write_publication(tmp_path), audiences)
    assert not list(server.root.iterdir())


def test_a_server_with_another_key_gets_nothing(server: SftpServer, tmp_path: Path, audiences: Path) -> None:
    with sftp_server(tmp_path / "other") as other:
        host, _, key = other.known_hosts.read_text().partition(" ")
        server.known_hosts.write_text(f"[{server.host}]:{server.port} {key}")
        assert host
    with pytest.raises(ConnectionProblem, match="is known by another key than ssh-ed25519"):
        destination(server).deliver(write_publication(tmp_path), audiences)


def test_a_wrong_password_is_told_without_it(
    server: SftpServer, tmp_path: Path, audiences: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFTP_PASSWORD", "wrong-password")
    with pytest.raises(ConnectionProblem, match="refuses the key") as told:
        destination(server).deliver(write_publication(tmp_path), audiences)
    assert "wrong-password" not in str(told.value)
