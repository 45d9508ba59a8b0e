"""Mistakes in ``alerts`` are told when the project is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmentation_pipeline.alerts.catalog import channels_of
from segmentation_pipeline.config.diagnostics import ConfigError
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.project.configuration import load_config

EMAIL = "host: m.test, sender: a@shop.test, to: [b@shop.test]"


def load(folder: Path, alerts: str) -> Config:
    (folder / "sources.yaml").write_text("sources: {orders: {files: o.csv}}\n")
    (folder / "pipeline.yaml").write_text(f"alerts: {alerts}\n")
    return load_config(folder)


def test_a_project_has_the_ways_it_names_and_no_alerts_where_it_names_none(tmp_path: Path) -> None:
    config = load(tmp_path, f"{{events: [run_failed], webhook: {{url_env: HOOK}}, email: {{{EMAIL}}}}}")
    assert [channel.name for channel in channels_of(config.pipeline.alerts)] == ["webhook", "email"]
    assert channels_of(load(tmp_path, "{}").pipeline.alerts) == []


@pytest.mark.parametrize(
    ("alerts", "told"),
    [
        ("{events: [run_failed]}", "give 'webhook', 'email' or 'apprise'"),
        ("{events: [run_fails], webhook: {url_env: HOOK}}", "run_failed"),
        ("{webhook: {url_env: https://hooks.test/secret}}", "the name of an environment variable"),
        ("{email: {host: m.test, sender: a@shop.test, to: ['b@shop.test, c@shop.test']}}", "an address such as crm@example.com"),
        (f"{{email: {{{EMAIL}, password_env: P}}}}", "both, or neither"),
        (f"{{email: {{{EMAIL}, user_env: U, password_env: P, security: none}}}}", "anybody on the way could read"),
    ],
)
def test_a_mistake_is_told_with_its_cure(tmp_path: Path, alerts: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(tmp_path, alerts)
