"""Whoever said no anywhere is in no file, and whoever soundly agreed and never said no is: over thousands of messy worlds.

A household is listed once where the campaign says so.

A thousand worlds are one run. ``make test`` makes one, ``make test-wide`` those up to ``MESSY_WORLDS``.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from segmentation_pipeline_tests.end_to_end.project import on_spark, segmentation
from segmentation_pipeline_tests.properties.messy_worlds import Worlds
from segmentation_pipeline_tests.properties.paper_gate import AS_OF, verdict

pytestmark = pytest.mark.slow

AT_ONCE = 1000
WORLDS = int(os.environ.get("MESSY_WORLDS", "10000"))
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.wide) for seed in range(1, WORLDS // AT_ONCE))]
ON_SPARK = 40


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_said_no_is_never_in_a_file_and_whoever_soundly_agreed_always(tmp_path: Path, seed: int) -> None:
    Worlds(AT_ONCE, seed).write(tmp_path)
    _agrees_with_the_clerk(tmp_path, AT_ONCE)


@pytest.mark.wide
def test_it_is_the_same_on_spark(tmp_path: Path) -> None:
    Worlds(ON_SPARK, 1000).write(tmp_path)
    _agrees_with_the_clerk(on_spark(tmp_path), ON_SPARK)


def _agrees_with_the_clerk(project: Path, worlds: int) -> None:
    wanted = verdict(project)
    done = segmentation(project, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    for campaign in ("news", "homes"):
        with (project / "data" / "audiences" / AS_OF / campaign / "audience.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        contacted = {row["customer_id"] for row in rows}
        addresses = [row["email"] for row in rows]
        assert contacted & wanted.barred == set(), "said no"
        assert set(addresses) & wanted.addresses == set(), "somebody said no at the address"
        assert len(addresses) == len(set(addresses)), "one message for an address"
        assert contacted <= {wanted.person[key] for key in wanted.accounts}, "under the id of the person"
        homes = {wanted.home[key] for key in contacted} if campaign == "homes" else set()
        assert campaign != "homes" or len(homes) == len(contacted), "one message for a household"
        reached = wanted.reached(contacted, addresses)
        if campaign == "homes":  # who lives where it arrived has it, also in a mailbox shared with another home
            arrived = {wanted.home[person] for person in reached}
            reached |= {person for person in wanted.person.values() if wanted.home[person] in arrived}
        left_out = {key for key in wanted.willing if wanted.person[key] not in reached}
        assert left_out == set(), "willing"
    together = Counter({wanted.person[key]: wanted.home[key] for key in wanted.willing}.values())
    assert sum(persons > 1 for persons in together.values()) > worlds / 20, "households of several who are willing"
    assert len(wanted.willing) > worlds / 2 and len(wanted.barred) > worlds / 5, "worlds of both kinds"
