"""What the profiles come to, as two tables: each sample from ``init --yes`` to a published run, and each written otherwise.

    python -m segmentation_pipeline_tests.profiles.show samples [PROFILE...]
    python -m segmentation_pipeline_tests.profiles.show mutations [PROFILE...]

Ends with code 1 where a total is not the one worked out by hand, or anything is wrong in silence.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from segmentation_pipeline.cli import app
from segmentation_pipeline.profiles.catalog import profiles
from segmentation_pipeline.settings import Settings
from segmentation_pipeline.starting.questions import NotAnswered
from segmentation_pipeline_tests.profiles.mutations import MUTATIONS
from segmentation_pipeline_tests.profiles.test_mutations import REFUSED, RIGHT, outcome
from segmentation_pipeline_tests.profiles.test_profiles import AS_OF, answers, expected, figures, files, init


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def asked(profile: str, folder: Path, patch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """How many questions ``init`` has about a sample, and those that ``--yes`` does not answer."""
    error = init(folder, files(profile), {}, patch).exception
    questions = error.questions if isinstance(error, NotAnswered) else []
    return len(questions), [one.key for one in questions if one.usual is None]


def published(folder: Path) -> dict[str, Any]:
    """The shop's totals of a finished run, in the words of the truth files."""
    with duckdb.connect(str(Settings(folder).published), read_only=True) as connection:
        rows = connection.execute("SELECT belongs_to, orders, gross_revenue, returned_amount FROM shop_totals").fetchall()
    own, nobodys = ({row[0]: row[1:] for row in rows}[name] for name in ("customers", "nobody"))
    return {
        "completed": own[0],
        "revenue": str(own[1]),
        "back": str(own[2] + nobodys[2]),
        "guests": nobodys[0],
        "guest_revenue": str(nobodys[1]),
    }


def worked_out(profile: str) -> dict[str, Any]:
    """The truth of a profile's sample as ``published`` has it: what was paid back is told by orders or by returns."""
    truth = expected(profile)
    orders, returns = truth["orders"], truth.get("returns", {})
    back = Decimal(orders["paid_back"]) + Decimal(returns.get("amount", "0.00"))
    return {name: orders[name] for name in ("completed", "revenue", "guests", "guest_revenue")} | {"back": str(back)}


def samples(named: Sequence[str]) -> int:
    """Print a row for each profile; how many are not as worked out by hand."""
    wrong = 0
    say(
        "| profile | questions | not answered by --yes | init s | run s | orders | revenue | paid back | nobody's | to the cent |"
    )
    say("|---|--:|---|--:|--:|--:|--:|--:|--:|---|")
    for profile in named:
        with tempfile.TemporaryDirectory() as temp, pytest.MonkeyPatch.context() as patch:
            folder = Path(temp) / "shop"
            folder.mkdir()
            count, needed = asked(profile, folder, patch)
            began = time.perf_counter()
            begun = init(folder, files(profile), answers(profile), patch, "--yes")
            made = time.perf_counter()
            ran = CliRunner().invoke(app, ["run", "--as-of", AS_OF.isoformat()]) if begun.exit_code == 0 else begun
            ended = time.perf_counter()
            if ran.exit_code:
                wrong += 1
                say(f"| {profile} | stopped: {ran.exception or ran.output[-400:]!r} |")
                continue
            found, truth = published(folder), worked_out(profile)
            right = found == truth and figures(folder) == expected(profile)
            wrong += not right
            told = "yes" if right else f"NO: {truth}"
            values = f"{found['completed']} | {found['revenue']} | {found['back']} | {found['guest_revenue']}"
            seconds = f"{made - began:.1f} | {ended - made:.1f}"
            say(f"| {profile} | {count} | {', '.join(needed) or '-'} | {seconds} | {values} | {told} |")
    return wrong


def mutations(named: Sequence[str]) -> int:
    """Print a row for each profile, a column for each mutation; how many are wrong in silence."""
    total: Counter[str] = Counter()
    say("| profile | " + " | ".join(MUTATIONS) + " |")
    say("|---" * (len(MUTATIONS) + 1) + "|")
    for profile in named:
        row = []
        for mutation in MUTATIONS:
            with tempfile.TemporaryDirectory() as temp, pytest.MonkeyPatch.context() as patch:
                found, _ = outcome(profile, mutation, Path(temp), patch)
            kind = found if found in (RIGHT, REFUSED) else "silently wrong"
            total[kind] += 1
            row.append(found)
        say(f"| {profile} | " + " | ".join(row) + " |")
    told = ", ".join(f"{kind} {total[kind]}" for kind in (RIGHT, REFUSED, "silently wrong"))
    say(f"\n{told} of {total.total()}")
    return total["silently wrong"]


SHOWN = {"samples": samples, "mutations": mutations}


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in SHOWN:
        say(__doc__ or "")
        return 2
    unknown = [name for name in arguments[1:] if name not in profiles()]
    if unknown:
        say(f"no such profile: {', '.join(unknown)}; there are {', '.join(profiles())}")
        return 2
    return 1 if SHOWN[arguments[0]](arguments[1:] or list(profiles())) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
