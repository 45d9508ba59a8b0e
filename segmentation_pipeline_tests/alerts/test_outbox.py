"""An alert is told once, by every way; what could not be brought waits, and ends nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segmentation_pipeline.alerts.alert import Alert, is_wanted
from segmentation_pipeline.alerts.channel import Channel
from segmentation_pipeline.alerts.email import EmailAlerts, EmailAlertsConfig
from segmentation_pipeline.alerts.outbox import send
from segmentation_pipeline.alerts.webhook import WebhookAlerts, WebhookAlertsConfig
from segmentation_pipeline.connections import webhook as connection
from segmentation_pipeline_tests.services.http_receiver import Receiver, http_receiver
from segmentation_pipeline_tests.services.mail_server import REFUSED, Mails, mail_server

NOW = datetime(2026, 6, 30, 6, tzinfo=UTC)
FAILED = Alert("run_failed", "run:1", "shop: the run for 2026-06-30 failed", ("raw.orders: no file",), "shop", "2026-06-30", "1")


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Receiver, Mails, list[Channel]]]:
    monkeypatch.setattr(connection, "_PAUSE_SECONDS", 0.01)
    with http_receiver() as web, mail_server() as mails:
        monkeypatch.setenv("ALERT_URL", f"http://127.0.0.1:{web.server_port}/")
        address = EmailAlertsConfig(host="127.0.0.1", port=mails.port, security="none", sender="a@shop.test", to=("b@shop.test",))
        yield web, mails, [WebhookAlerts(WebhookAlertsConfig(url_env="ALERT_URL")), EmailAlerts(address)]


def test_whoever_sees_an_event_it_is_told_once(servers, tmp_path: Path) -> None:
    web, mails, channels = servers
    for _ in range(3):
        assert send(tmp_path / "alerts.json", [FAILED, FAILED], channels, NOW) == []
    assert len(web.got) == len(mails.got) == 1


def test_what_a_way_did_not_take_goes_that_way_the_next_time_and_no_other(servers, tmp_path: Path) -> None:
    web, mails, channels = servers
    mails.busy = True
    [problem] = send(tmp_path / "alerts.json", [FAILED], channels, NOW)
    assert "'shop: the run for 2026-06-30 failed' was not told: alerts by email" in problem
    mails.busy = False
    assert send(tmp_path / "alerts.json", [], channels, NOW + timedelta(minutes=1)) == []
    assert send(tmp_path / "alerts.json", [FAILED], channels, NOW + timedelta(minutes=2)) == []
    assert len(web.got) == len(mails.got) == 1


def test_after_two_days_it_is_given_up_and_said(servers, tmp_path: Path) -> None:
    _, mails, channels = servers
    mails.busy = True
    send(tmp_path / "alerts.json", [FAILED], channels, NOW)
    problems = send(tmp_path / "alerts.json", [], channels, NOW + timedelta(days=3))
    assert "given up" in problems[-1]
    assert json.loads((tmp_path / "alerts.json").read_text()) == {"told": ["run:1"], "waiting": []}


def test_a_mail_some_addresses_took_is_not_sent_to_them_again(servers, tmp_path: Path) -> None:
    _, mails, _ = servers
    both = EmailAlertsConfig(
        host="127.0.0.1", port=mails.port, security="none", sender="a@shop.test", to=("b@shop.test", REFUSED)
    )
    [problem] = send(tmp_path / "alerts.json", [FAILED], [EmailAlerts(both)], NOW)
    assert "was not told to all" in problem and "refused 1 of the addresses" in problem
    assert send(tmp_path / "alerts.json", [FAILED], [EmailAlerts(both)], NOW + timedelta(hours=1)) == [] and len(mails.got) == 1


def test_whatever_one_way_raises_the_others_are_used_once(servers, tmp_path: Path) -> None:
    web, _, channels = servers
    nowhere = EmailAlertsConfig(host="mail..example.com", security="none", sender="a@shop.test", to=("b@shop.test",))
    for minutes in (0, 1, 2):
        send(tmp_path / "alerts.json", [FAILED], [channels[0], EmailAlerts(nowhere)], NOW + timedelta(minutes=minutes))
    assert len(web.got) == 1 and json.loads((tmp_path / "alerts.json").read_text())["waiting"][0]["channels"] == ["email"]


def test_tries_come_further_and_further_apart(servers, tmp_path: Path) -> None:
    _, mails, channels = servers
    mails.busy = True
    tried = [
        minute
        for minute in range(60)
        if "was not told" in send(tmp_path / "alerts.json", [FAILED], channels[1:], NOW + timedelta(minutes=minute))[0]
    ]
    assert tried == [0, 1, 3, 7, 15, 31]


def test_two_projects_do_not_share_what_a_receiver_knows_an_alert_by() -> None:
    assert FAILED.sent_as != replace(FAILED, project="other").sent_as


def test_a_record_that_cannot_be_read_or_written_ends_nothing(servers, tmp_path: Path) -> None:
    web, _, channels = servers
    (tmp_path / "alerts.json").write_text("{broken")
    assert send(tmp_path / "alerts.json", [FAILED], channels, NOW) == [] and len(web.got) == 1
    (tmp_path / "file").write_text("")
    [problem] = send(tmp_path / "file" / "alerts.json", [FAILED], channels, NOW)
    assert "cannot be noted" in problem


def test_a_project_is_told_of_what_it_names_and_of_its_tests() -> None:
    assert not is_wanted(FAILED, ("new_warnings",)) and is_wanted(FAILED, ("run_failed",))
    assert is_wanted(Alert("test", "test:1", "", (), "shop"), ("new_warnings",))
