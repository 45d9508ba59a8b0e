"""``segmentation model list | show | compare``: what was learnt, how well it foretold, and which version scores customers."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from segmentation_pipeline.errors import UserError

app = typer.Typer(
    help="Models: which version scores customers, how well it foretold later days, what it reads.", no_args_is_help=True
)

_Json = Annotated[bool, typer.Option("--json", help="Print it as JSON instead, for other programs.")]
_TOLD_FIRST = (
    *("gain", "qini", "ndcg_gain", "own_gain", "group_gain", "auc", "calibration_slope"),
    *("holdout_ratio", "holdout_revenue_ratio", "silhouette", "stability"),
)
"""Metrics of a version in a list, where it has them, else its first two; the rest is in ``show``."""


@app.command("list", epilog="Example: segmentation model list --json")
def list_models(as_json: _Json = False) -> None:
    """List the versions that score the customers of the last run, each with its figures and why a fallback was taken."""
    from rich.console import Console
    from rich.markup import escape

    rows = [row for row in _versions() if row["is_champion"]]
    if as_json:
        typer.echo(json.dumps(rows, default=str, indent=2, ensure_ascii=False))
        return
    console = Console()
    for row in rows:
        fitted = f", fitted on {row['trained_to']}" if row["trained_to"] is not None else ""
        what = f"{escape(row['kind'])} {row['version']}{fitted}, from {row['training_rows']:,} customers"
        console.print(f"[bold]{escape(row['model'])}[/] {what}", soft_wrap=True, highlight=False)
        for told in (_headline(row["metrics"]), row["note"]):
            if told:
                console.print(f"  {escape(told)}", soft_wrap=True, highlight=False)


@app.command(epilog="Example: segmentation model show clv")
def show(model: Annotated[str, typer.Argument(help="A model, as 'model list' names it.")], as_json: _Json = False) -> None:
    """Show a model's versions of the last run, the champion first: figures, features, notes; with --json its parameters too."""
    from rich.console import Console
    from rich.markup import escape

    rows = _of(model)
    if as_json:
        typer.echo(json.dumps(rows, default=str, indent=2, ensure_ascii=False))
        return
    console = Console()
    for row in rows:
        what = "scores the customers" if row["is_champion"] else "challenger, does not score"
        console.print(f"[bold]{escape(row['model'])}[/] {row['version']} ({escape(row['kind'])}): {what}", soft_wrap=True)
        console.print(
            f"  learnt from {row['training_rows']:,} customers, {row['trained_from']} to {row['trained_to']}", soft_wrap=True
        )
        console.print(f"  reads {escape(', '.join(row['features'])) or 'nothing'}", soft_wrap=True)
        for name, value in row["metrics"].items():
            console.print(f"  {escape(name)}: {'not known' if value is None else f'{value:.6g}'}", soft_wrap=True)
        if row["note"]:
            console.print(f"  note: {escape(row['note'])}", soft_wrap=True)


@app.command(epilog="Example: segmentation model compare clv 3f2a9c01 77b0d4e2")
def compare(
    model: Annotated[str, typer.Argument(help="A model, as 'model list' names it.")],
    version: Annotated[str, typer.Argument(help="A version of it, of any day.")],
    other: Annotated[str, typer.Argument(help="Another one.")],
) -> None:
    """Compare the figures of two versions of a model; each is of the days it was judged by, which may differ."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from segmentation_pipeline.config.diagnostics import hint_of

    known = {row["version"]: row for row in _versions(_known(model), every_day=True)}
    for wanted in (version, other):
        if wanted not in known:
            raise UserError(f"model '{model}' has no version '{wanted}'.{hint_of(wanted, known)}")
    one, two = known[version], known[other]
    table = Table("figure", version, other)
    for name in ("kind", "trained_to", "training_rows", "note"):
        table.add_row(name, escape(str(one[name])), escape(str(two[name])))
    for name in dict.fromkeys((*one["metrics"], *two["metrics"])):
        values = (row["metrics"].get(name) for row in (one, two))
        table.add_row(escape(name), *("" if value is None else f"{value:.6g}" for value in values))
    Console().print(table)


def _headline(metrics: dict[str, float | None]) -> str:
    """The figures that say most of how well it did, with their intervals.

    >>> _headline({"loss": 0.5, "gain": 0.0294, "gain_low": 0.0152, "gain_high": 0.0436, "auc": 0.8152})
    'gain 0.0294 [0.0152, 0.0436], auc 0.815'
    """
    known = {name: value for name, value in metrics.items() if value is not None}
    names = [name for name in _TOLD_FIRST if name in known] or [*known][:2]
    told = []
    for name in names:
        ends = [known.get(f"{name}_{end}") for end in ("low", "high")]
        interval = f" [{ends[0]:.3g}, {ends[1]:.3g}]" if ends[0] is not None and ends[1] is not None else ""
        told.append(f"{name} {known[name]:.3g}{interval}")
    return ", ".join(told)


def _of(model: str) -> list[dict[str, Any]]:
    return _versions(_known(model))


def _known(model: str) -> str:
    """The name, if there is such a model."""
    from segmentation_pipeline.config.diagnostics import hint_of

    names = {row["model"] for row in _versions()}
    if model not in names:
        raise UserError(f"there is no model '{model}'.{hint_of(model, sorted(names))} 'segmentation model list' names them.")
    return model


def _versions(model: str | None = None, *, every_day: bool = False) -> list[dict[str, Any]]:
    """Rows of the published ``model_registry``, of one model or all, of the last day or of ``every_day``; JSON read."""
    from segmentation_pipeline.engine.published import publication, reading
    from segmentation_pipeline.project.load import load_project
    from segmentation_pipeline.settings import Settings

    settings = Settings.find()
    path = publication(settings, load_project(settings).pipeline.engine)
    if not path.exists():
        raise UserError(f"no models yet: {path} does not exist. Run 'segmentation run' first.")
    with reading(path) as con:
        found = con.execute(
            "FROM model_registry WHERE ($1 IS NULL OR model = $1) AND ($2 OR as_of = (SELECT max(as_of) FROM model_registry)) "
            "ORDER BY model, is_champion DESC, as_of, version",
            [model, every_day],
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [row | {name: json.loads(row[name]) for name in ("features", "parameters", "metrics")} for row in rows]
