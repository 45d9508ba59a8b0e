"""Help teaches: every command has an example that works as it stands there, and exit codes are said."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest
import typer

from segmentation_pipeline.cli import app


def commands(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    found = getattr(command, "commands", None)
    if found is None:
        yield name, command
        return
    for each, inner in found.items():
        yield from commands(inner, f"{name} {each}".strip())


ROOT = typer.main.get_command(app)
COMMANDS = dict(commands(ROOT))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_it_understands(name: str) -> None:
    example = re.fullmatch(r"Example(?:, for cron)?: segmentation (.+)", COMMANDS[name].epilog or "")
    assert example is not None
    words = shlex.split(example[1])
    own = name.split()
    assert words[: len(own)] == own
    with COMMANDS[name].make_context(name, words[len(own) :]) as context:
        assert context.args == []


def test_help_says_what_exit_codes_mean() -> None:
    for code in ("0 done", "1 failed", "2 an unknown command", "3 'audience verify'", "130 stopped"):
        assert code in (ROOT.epilog or "")


def test_whatever_prints_a_list_prints_it_for_programs_too() -> None:
    with_json = {name for name, command in COMMANDS.items() if any("--json" in one.opts for one in command.params)}
    assert {
        "doctor",
        "quarantine",
        "audience log",
        "audience preview",
        "audience verify",
        "model list",
        "model show",
    } <= with_json
