"""Manifests posted to a real server: signed, once, again when it was a bad moment, and nobody's data among them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation_pipeline.connections import webhook as connection
from segmentation_pipeline.connections.place import ConnectionProblem
from segmentation_pipeline.destinations.destination import PersonErased
from segmentation_pipeline.destinations.webhook import WebhookConfig, WebhookDestination
from segmentation_pipeline_tests.destinations.publication import write_publication
from segmentation_pipeline_tests.services.http_receiver import Receiver, http_receiver

SECRET = "a-secret-of-the-test"
MANIFEST = {"campaign": "spring", "seal": "5ea1", "files": {"klaviyo.csv": {"rows": 2, "sha256": "ab"}}}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(connection, "_PAUSE_SECONDS", 0.01)
    with http_receiver() as server:
        monkeypatch.setenv("HOOK_URL", f"http://127.0.0.1:{server.server_port}/hook/token-in-the-path")
        monkeypatch.setenv("HOOK_SECRET", SECRET)
        yield server


@pytest.fixture
def audiences(tmp_path: Path) -> Path:
    for day in ("2026-06-29", "2026-06-30"):
        folder = tmp_path / "audiences" / day / "spring"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(MANIFEST))
        (folder / "audience.csv").write_text("customer_id,email\nC1,ann@canary.test\n")
    return tmp_path / "audiences"


def destination() -> WebhookDestination:
    return WebhookDestination(WebhookConfig(url_env="HOOK_URL", secret_env="HOOK_SECRET"))


def test_the_days_manifests_are_posted_once_signed_and_without_anybodys_data(
    receiver: Receiver, audiences: Path, tmp_path: Path
) -> None:
    publication = write_publication(tmp_path)
    assert "nothing was posted" in destination().connection_test() and not receiver.got
    delivered = destination().deliver(publication, audiences)
    assert (delivered.changed, delivered.files) == (True, 1)
    [(headers, body)] = receiver.got
    assert json.loads(body) == {"as_of": "2026-06-30", "lists": [{"folder": "2026-06-30/spring", **MANIFEST}]}
    assert headers["X-Signature-256"] == "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert b"canary" not in body and SECRET.encode() not in body
    assert not destination().deliver(publication, audiences).changed
    assert len(receiver.got) == 1
    (audiences / "2026-06-30" / "spring" / "manifest.json").write_text(json.dumps(MANIFEST | {"seal": "other"}))
    assert destination().deliver(publication, audiences).changed
    assert receiver.got[1][0]["Idempotency-Key"] != headers["Idempotency-Key"]


def test_a_bad_moment_is_waited_for_with_the_same_key(receiver: Receiver, audiences: Path, tmp_path: Path) -> None:
    receiver.answers = [503, 429]
    assert destination().deliver(write_publication(tmp_path), audiences).changed
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.got}) == 1 and len(receiver.got) == 3


@pytest.mark.parametrize(("answers", "posts"), [([404], 1), ([302], 1), ([500, 500, 500], 3)])
def test_what_was_not_taken_is_told_and_tried_by_the_next_run(
    receiver: Receiver, audiences: Path, tmp_path: Path, answers: list[int], posts: int
) -> None:
    publication, receiver.answers = write_publication(tmp_path), list(answers)
    with pytest.raises(ConnectionProblem, match=rf"destination webhook: 127\.0\.0\.1 answered {answers[0]}") as told:
        destination().deliver(publication, audiences)
    assert len(receiver.got) == posts and "token" not in str(told.value)
    assert destination().deliver(publication, audiences).changed


def test_a_receiver_that_is_not_there_and_an_address_that_is_none_are_told(audiences: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(connection, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    for url, told in (("http://127.0.0.1:9/x", "cannot be reached"), ("file:///etc/passwd", "no URL that begins with https://")):
        monkeypatch.setenv("HOOK_URL", url)
        with pytest.raises(ConnectionProblem, match=told):
            destination().deliver(write_publication(tmp_path), audiences)
    monkeypatch.delenv("HOOK_URL")
    with pytest.raises(ConnectionProblem, match=r"HOOK_URL \(destinations\.webhook\.url_env\) is not set"):
        destination().connection_test()


def test_an_erasure_finds_nothing_of_the_person_there(receiver: Receiver, audiences: Path, tmp_path: Path) -> None:
    person = PersonErased("000001-abc", (), lambda file, folder: (False, ()), lambda removed: "", tmp_path)
    assert "counts and hashes alone" in destination().erase(write_publication(tmp_path), audiences, person)
