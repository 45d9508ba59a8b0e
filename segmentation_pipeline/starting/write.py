"""The configuration of a plan as text that people go on with: commented, and read back like any other."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

import yaml

from segmentation_pipeline.config.diagnostics import did_you_mean
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.rules.file_columns import asked_besides, origins_of
from segmentation_pipeline.starting.mapping import Draft, Plan
from segmentation_pipeline.starting.questions import printable

_WIDTH = 120


def rendered(plan: Plan, salt: str) -> dict[str, str]:
    """The files of ``config/`` by name."""
    return {
        "sources.yaml": "\n".join(_sources(plan)) + "\n",
        "pipeline.yaml": "\n".join(_pipeline(plan)) + "\n",
        "privacy.yaml": "\n".join(_privacy(salt)) + "\n",
    }


def explained(plan: Plan, column: str) -> list[str]:
    """What a column of the files, or of a source, is in the plan, and why.  Raises ``UserError`` when there is none."""
    found = []
    for draft in plan.drafts.values():
        origins = origins_of(draft.name, draft.config()) if draft.columns else {}
        for name, mapping in draft.columns.items():
            if column in (name, f"{draft.name}.{name}", *origins.get(name, ())):
                why = draft.why.get(name) or f"so says what the file is: {draft.said[0].rstrip('.')}"
                found.append(f"{draft.name}.{name}: {_flow(mapping)} ({why})")
        asked = [place for place, one in asked_besides(draft.config()) if one == column] if draft.columns else []
        found += [f"{draft.name}.{'.'.join(place)}: it is asked there" for place in asked]
    if found:
        return found
    if column in plan.headers:
        return [f"{column!r} is in the files, and is not read"]
    hint = did_you_mean(column, plan.headers) or "no file and no source has it"
    raise UserError(f"--explain {column}: {hint}")


def _sources(plan: Plan) -> Iterator[str]:
    yield "# What the files are and what their columns mean, as 'segmentation init' found it.  All settings: docs/your_data.md"
    for limit in plan.limits:
        yield from _comment(limit)
    yield "sources:"
    for draft in plan.drafts.values():
        yield ""
        for said in draft.said:
            yield from _comment(said, "  ")
        yield f"  {draft.name}:"
        for key, value in draft.settings.items():
            if isinstance(value, Mapping) and key in ("columns", "skip_when"):
                yield f"    {key}:"
                for name, inner in value.items():
                    yield from _line(6, name, inner, draft)
            else:
                yield from _line(4, key, value, draft)


def _line(indent: int, key: str, value: object, draft: Draft) -> Iterator[str]:
    why = draft.why.get(key)
    yield f"{' ' * indent}{_flow(key)}: {_flow(value)}" + (f"  # {printable(' '.join(why.split()))}" if why else "")


def _pipeline(plan: Plan) -> Iterator[str]:
    yield "# How the shop counts time and money; all settings: segmentation_pipeline/config/schema/pipeline.py"
    yield "business:"
    for key, value in plan.business.items():
        yield f"  {key}: {_flow(value)}"


def _privacy(salt: str) -> Iterator[str]:
    yield "# Whom the shop may contact: nobody without a granted consent, unless a reason is given here (docs/consent.md)"
    yield "consent: required"
    yield "# Draws samples and holdout groups: keep it, a new one draws new groups."
    yield f"salt: {_flow(salt)}"


def _flow(value: object) -> str:
    """``value`` on one line, quoted where the reader of configuration would take it for something else."""
    text = yaml.safe_dump(value, default_flow_style=True, width=1_000_000, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _comment(text: str, indent: str = "") -> list[str]:
    mark = f"{indent}# "
    return textwrap.wrap(printable(" ".join(text.split())), _WIDTH, initial_indent=mark, subsequent_indent=mark)
