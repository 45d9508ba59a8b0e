"""``segmentation init``: from the files somebody has to a project that reads them."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segmentation_pipeline.errors import UserError
from segmentation_pipeline.settings import HOME_VARIABLE, Settings

if TYPE_CHECKING:
    from rich.console import Console

    from segmentation_pipeline.ingest.files import SourceFile
    from segmentation_pipeline.profiles.catalog import Profiles
    from segmentation_pipeline.starting.mapping import Plan
    from segmentation_pipeline.starting.questions import Question

KEPT = "privacy.yaml"
"""Never written anew: another salt would draw other holdout groups."""


def init(
    named: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR --from] [FILES]...", help="Exports, or folders of them (default: data/raw, or here)."),
    ] = None,
    origins: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="FILES...", help="Make a project in the folder DIR, from these exports elsewhere."),
    ] = None,
    profile: Annotated[str | None, typer.Option(help="What all the files are, by the name of a profile.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Where a day of the business ends, such as Europe/Berlin.")] = None,
    currency: Annotated[str | None, typer.Option(help="In which the books are kept, such as EUR.")] = None,
    choose: Annotated[list[str] | None, typer.Option(help="An answer, KEY=ANSWER, to what init asks; several times.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take what is usual where there is a usual answer, and say so.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite sources.yaml and pipeline.yaml.")] = False,
    explain: Annotated[str | None, typer.Option(help="Say what a column is taken for, and why; write nothing.")] = None,
    profiles: Annotated[bool, typer.Option("--profiles", help="List the exports that are known, and leave.")] = False,
) -> None:
    """Recognise exports, ask what they do not tell, and write the configuration that reads them."""
    from rich.console import Console

    from segmentation_pipeline.cli.init_outcome import looked

    console = Console()
    root, files = _places(named or [], origins or [])
    settings = Settings(root)
    if profiles:
        return _list_profiles(console, settings)
    if not (force or explain) and (
        there := [name for name in ("sources.yaml", "pipeline.yaml") if (settings.config / name).exists()]
    ):
        raise UserError(
            f"{' and '.join(there)} in {settings.config} would be overwritten: --force does it, or take another folder"
        )
    given = _given(choose or [], timezone, currency)
    found = _files(settings, files)
    plan, assumed = _planned(found, given, yes, _known(settings), profile)
    if explain is not None:
        return _explain(console, plan, explain)
    _told(console, plan, assumed)
    _copied(console, settings, found)
    _written(console, settings, plan)
    looked(console, settings)


def _places(named: list[Path], origins: list[Path]) -> tuple[Path, list[Path]]:
    """The folder of the project, and the files.  With ``--from`` the folder is named before it; what is named behind, where a
    shell has made several names of one pattern, are files as well."""
    here = Path(os.environ.get(HOME_VARIABLE, ".")).expanduser()
    if not origins:
        return here.resolve(), named
    from segmentation_pipeline.starting.exports import known_ending

    if not named or named[0].is_file() or known_ending(named[0]):
        found = f", found the file {named[0]}" if named else ""
        raise UserError(f"init DIR --from FILES...: expected the folder of the project before --from{found}")
    return named[0].expanduser().resolve(), [*origins, *named[1:]]


def _known(settings: Settings) -> Profiles:
    from segmentation_pipeline.profiles.catalog import OWN, profiles

    return profiles(settings.config / OWN)


def _list_profiles(console: Console, settings: Settings) -> None:
    from rich.table import Table

    from segmentation_pipeline.profiles.by_name import versioned

    table = Table("profile", "export", "sources")
    for name, one in _known(settings).items():
        table.add_row(versioned(name, one), one.title, ", ".join(one.sources))
    console.print(table)


def _explain(console: Console, plan: Plan, column: str) -> None:
    from segmentation_pipeline.starting.write import explained

    for line in explained(plan, column):
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _given(choose: list[str], timezone: str | None, currency: str | None) -> dict[str, str]:
    given = {key: value for key, value in (("timezone", timezone), ("currency", currency)) if value is not None}
    for one in choose:
        key, sign, answer = one.partition("=")
        if not sign:
            raise UserError(f"--choose {one}: expected KEY=ANSWER, such as amount=total")
        given[key.strip()] = answer.strip()
    return given


def _files(settings: Settings, named: list[Path]) -> list[SourceFile]:
    """The files as the project will know them: those outside of it by the place in data/raw they are copied to."""
    from segmentation_pipeline.ingest.files import find_files
    from segmentation_pipeline.starting.exports import known_ending

    raw = settings.data / "raw"
    folders = named or [raw if raw.is_dir() and any(raw.iterdir()) else settings.root]
    paths: list[Path] = []
    for place in folders:
        if not place.exists():
            raise UserError(f"{place}: there is no such file or folder")
        inside = sorted(path for path in place.iterdir() if path.is_file() and known_ending(path)) if place.is_dir() else [place]
        paths += [path.resolve() for path in inside if path.resolve() not in paths]
    if not paths:
        raise UserError(f"no export in {', '.join(map(str, folders))}: name the files (CSV, Parquet, JSON or .xlsx)")
    found = []
    for path in paths:
        [file] = find_files(path.parent, path.name, [escape(path.name)], None)
        name = path.relative_to(settings.root) if path.is_relative_to(settings.root) else Path("data/raw") / path.name
        found.append(type(file)(path, name.as_posix(), file.format))
    return found


def _planned(
    found: list[SourceFile], given: dict[str, str], yes: bool, known: Profiles, profile: str | None
) -> tuple[Plan, list[str]]:
    """The plan, once all is answered: on a terminal by whoever sits there."""
    from segmentation_pipeline.starting.plan import planned
    from segmentation_pipeline.starting.questions import Answers, NotAnswered

    while True:
        answers = Answers(given, usual=yes)
        try:
            return planned(found, answers, known, profile), answers.assumed
        except NotAnswered as error:
            if not sys.stdin.isatty():
                raise
            for question in error.questions:
                typer.echo(question.told())
                given = {**given, question.key: _asked(question)}


def _asked(question: Question) -> str:
    while True:
        try:
            return question.checked(str(typer.prompt("  answer", default=question.usual)).strip())
        except UserError as error:
            typer.echo(f"  {error}")


def _told(console: Console, plan: Plan, assumed: list[str]) -> None:
    from rich.markup import escape as plain

    for file, what in plan.recognised.items():
        console.print(f"[green]{plain(file)}[/]: {plain(what)}", soft_wrap=True, highlight=False)
    for said in assumed:
        console.print(f"[yellow]assumed[/] {plain(said)}", soft_wrap=True, highlight=False)
    for draft in plan.drafts.values():
        for column, why in draft.why.items():
            console.print(f"  {draft.name}.{plain(column)}: {plain(why)}", soft_wrap=True, highlight=False)
    for limit in plan.limits:
        console.print(f"[yellow]note[/] {plain(' '.join(limit.split()))}", soft_wrap=True, highlight=False)


def _copied(console: Console, settings: Settings, found: list[SourceFile]) -> None:
    from segmentation_pipeline.ingest.files import fingerprint

    for file in found:
        target = settings.root / file.name
        if target.resolve() == file.path:
            continue
        if target.exists() and fingerprint(target) != fingerprint(file.path):
            raise UserError(f"{target} is there already and holds something else: move one of the two")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, target)
        console.print(f"copied to {file.name}", soft_wrap=True, highlight=False, markup=False)


def _written(console: Console, settings: Settings, plan: Plan) -> None:
    from segmentation_pipeline.starting.write import rendered

    settings.config.mkdir(parents=True, exist_ok=True)
    for name, text in rendered(plan, secrets.token_hex(8)).items():
        target = settings.config / name
        if name == KEPT and target.exists():
            continue
        beside = target.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)
        console.print(f"wrote config/{name}", highlight=False)
