"""Alerts arrive at a real web server and a real mail server, with no secret and no data on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from segmentation_pipeline.alerts.alert import Alert
from segmentation_pipeline.alerts.apprise import AppriseAlerts, AppriseAlertsConfig
from segmentation_pipeline.alerts.email import EmailAlerts, EmailAlertsConfig
from segmentation_pipeline.alerts.webhook import WebhookAlerts, WebhookAlertsConfig
from segmentation_pipeline.connections import webhook as connection
from segmentation_pipeline.connections.place import ConnectionProblem
from segmentation_pipeline.connections.webhook import signature
from segmentation_pipeline_tests.services.http_receiver import Receiver, http_receiver
from segmentation_pipeline_tests.services.mail_server import PASSWORD, REFUSED, USER, mail_server, write_certificate

ALERT = Alert(
    event="check_failed",
    key="run:7f",
    title="shop: the run for 2026-06-30 stopped by a check",
    lines=("clean.orders: at most 10 % may be quarantined: 12.50% (5 of 40 records), such as <x>",),
    project="shop",
    as_of="2026-06-30",
    run_id="7f",
)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(connection, "_PAUSE_SECONDS", 0.01)
    with http_receiver() as server:
        monkeypatch.setenv("ALERT_URL", f"http://127.0.0.1:{server.server_port}/hook/token-in-the-path")
        monkeypatch.setenv("ALERT_SECRET", "secret")
        yield server


def test_a_webhook_gets_every_part_signed_or_the_text_alone(receiver: Receiver) -> None:
    channel = WebhookAlerts(WebhookAlertsConfig(url_env="ALERT_URL", secret_env="ALERT_SECRET"))
    assert channel.connection_test() == "would post to 127.0.0.1; nothing was posted" and not receiver.got
    channel.send(ALERT)
    WebhookAlerts(WebhookAlertsConfig(url_env="ALERT_URL", form="text")).send(ALERT)
    (headers, body), (_, text) = receiver.got
    told = json.loads(body)
    assert (told["event"], told["as_of"], told["run_id"], told["lines"]) == (
        "check_failed",
        "2026-06-30",
        "7f",
        list(ALERT.lines),
    )
    assert headers["X-Signature-256"] == signature("secret", body) and headers["Idempotency-Key"] == ALERT.sent_as
    assert json.loads(text).keys() == {"text"} and "<" not in json.loads(text)["text"]


def test_a_webhook_that_refuses_is_told_without_its_address(receiver: Receiver) -> None:
    receiver.answers = [404]
    with pytest.raises(ConnectionProblem, match=r"alerts by webhook: 127\.0\.0\.1 answered 404") as told:
        WebhookAlerts(WebhookAlertsConfig(url_env="ALERT_URL")).send(ALERT)
    assert "token" not in str(told.value)


def email(port: int, **more: object) -> EmailAlerts:
    return EmailAlerts(
        EmailAlertsConfig(host="127.0.0.1", port=port, sender="crm@shop.test", to=("ann@shop.test", "bo@shop.test"), **more)
    )  # type: ignore[arg-type]


def test_a_mail_says_it_in_words_to_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as mails:
        channel = email(mails.port, security="none")
        assert "nothing was sent" in channel.connection_test() and not mails.got
        channel.send(ALERT)
    [mail] = mails.got
    assert mail["Subject"] == ALERT.title and mail["To"] == "ann@shop.test, bo@shop.test"
    assert "12.50% (5 of 40 records)" in mail.get_content()


def test_a_password_goes_encrypted_to_a_server_that_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_USER", USER)
    monkeypatch.setenv("SMTP_PASSWORD", PASSWORD)
    certificate = write_certificate(tmp_path / "server.pem")
    with mail_server(certificate) as mails:
        channel = email(mails.port, user_env="SMTP_USER", password_env="SMTP_PASSWORD")
        with pytest.raises(ConnectionProblem, match="CERTIFICATE_VERIFY_FAILED"):
            channel.send(ALERT)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        channel.send(ALERT)
        monkeypatch.setenv("SMTP_PASSWORD", "wrong")
        with pytest.raises(ConnectionProblem, match="refuses user and password") as told:
            channel.send(ALERT)
    assert len(mails.got) == 1 and "wrong" not in str(told.value)


def test_servers_that_are_not_there_or_refuse_are_told() -> None:
    with pytest.raises(ConnectionProblem, match=r"alerts by email: 127\.0\.0\.1:9 cannot be used"):
        email(9, security="none").send(ALERT)
    with mail_server() as mails, pytest.raises(ConnectionProblem, match=r"refused 1 of the addresses \(550\)"):
        EmailAlerts(
            EmailAlertsConfig(
                host="127.0.0.1", port=mails.port, sender="crm@shop.test", to=("ann@shop.test", REFUSED), security="none"
            )
        ).send(ALERT)


def test_apprise_speaks_to_a_service_and_never_tells_its_address(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_URLS", f"json://user:secret@127.0.0.1:{receiver.server_port}/path")
    channel = AppriseAlerts(AppriseAlertsConfig(urls_env="ALERT_URLS"))
    assert "JSON" in channel.connection_test() and not receiver.got
    channel.send(ALERT)
    [(_, body)] = receiver.got
    assert json.loads(body)["title"] == ALERT.title
    receiver.answers = [500]
    with pytest.raises(ConnectionProblem, match="not taken by JSON") as told:
        channel.send(ALERT)
    monkeypatch.setenv("ALERT_URLS", "nonsense://secret")
    with pytest.raises(ConnectionProblem, match="address 1 is none that Apprise knows") as unknown:
        channel.connection_test()
    assert "secret" not in str(told.value) + str(unknown.value)
