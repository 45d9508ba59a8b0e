"""From files to the configuration of a project: what each file is, what its columns mean, what must be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from glob import escape
from pathlib import PurePosixPath

from segmentation_pipeline.config.diagnostics import did_you_mean, one_of
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.ingest.files import SourceFile
from segmentation_pipeline.profiles.by_name import versioned
from segmentation_pipeline.profiles.catalog import Profiles, fitting, nearly
from segmentation_pipeline.profiles.schema import Profile
from segmentation_pipeline.rules.file_columns import columns_read
from segmentation_pipeline.starting.by_contract import draft_by_contract, may_say_no, source_named
from segmentation_pipeline.starting.by_name import drafts_by_name
from segmentation_pipeline.starting.contested import is_chosen
from segmentation_pipeline.starting.exports import Export, look_at
from segmentation_pipeline.starting.mapping import Draft, Plan, drafts
from segmentation_pipeline.starting.notation import set_notation
from segmentation_pipeline.starting.questions import Answers, Question


def planned(files: Sequence[SourceFile], answers: Answers, known: Profiles, profile: str | None = None) -> Plan:
    """The plan for ``files``, each one of the ``known`` profiles or none; all taken for ``profile`` where one is named.

    Raises ``UserError`` for files that cannot be what they seem to be, and ``NotAnswered`` with all that must be said first.
    """
    if profile is not None:
        names = {each: name for name, one in known.items() for each in (name, versioned(name, one))}
        if profile not in names:
            hint = did_you_mean(profile, names) or one_of(list(known), "profile")
            raise UserError(f"--profile {profile}: there is no such profile; {hint}")
        profile = names[profile]
    plan = Plan(files=tuple(file.name for file in files))
    groups = _groups(files, known, profile)
    plan.offered = {name: _offered(known.get(name), exports[0]) for name, exports in groups.items()}
    for name, exports in groups.items():
        _add(plan, name, known.get(name), exports, answers)
    _orders_of_lines(plan, answers)
    zone = Question("timezone", "In which time zone does a day of the business end?", "timezone")
    plan.business = {"timezone": answers.take(zone), **plan.business}
    currencies = plan.business.pop("currencies", [])
    assert isinstance(currencies, list)
    plan.business["currency"] = _currency(currencies, answers)
    answers.finish()
    return plan


def _groups(files: Sequence[SourceFile], known: Profiles, profile: str | None) -> dict[str, list[Export]]:
    """The files by the profile they bear, or by their name where they bear none: files with one header are one group."""
    groups: dict[str, list[Export]] = {}
    by_header: dict[tuple[str, ...], str] = {}
    for file in files:
        if profile is not None:
            wanted = known[profile].signature.all
            export = look_at(file, lambda names, wanted=wanted: set(wanted) & set(names) >= set(wanted[:2]))  # type: ignore[misc]
            fits = [profile]
        else:
            export = look_at(file, lambda names: bool(fitting(names, known)) or source_named(names) is not None)
            fits = fitting(export.header, known)
        if len(fits) > 1:
            raise UserError(f"{file.name} may be {one_of(fits)}: say which with --profile, for this file alone")
        if not fits and (near := nearly(export.header, known)):
            name, missing = near
            raise UserError(
                f"{file.name} looks like {known[name].title} (profile {name}) but has no column "
                f"{', '.join(map(repr, missing))}. If columns were renamed, give them their names back "
                f"({known[name].documentation[0]}); if it is something else, write config/sources.yaml (docs/your_data.md)."
            )
        group = fits[0] if fits else by_header.setdefault(export.header, file.name)
        groups.setdefault(group, []).append(export)
    return groups


def _add(plan: Plan, name: str, known: Profile | None, exports: Sequence[Export], answers: Answers) -> None:
    first = exports[0]
    encoding = _encoding(exports, answers)
    _written_alike(exports)
    _one_value(known.one_value_of if known else (), exports)
    plan.headers |= {column for export in exports for column in export.header if column}
    for export in exports:
        plan.recognised[export.file.name] = (
            f"{known.title} (profile {versioned(name, known)})" if known else "no export that is known"
        )
    made = drafts(known, [export.header for export in exports], answers) if known else _unknown(plan, exports, answers)
    for draft in made:
        draft.files = _listed(exports)
        if draft.name in plan.drafts and not is_chosen(plan, draft, name, answers):
            continue
        if "derive_from" not in draft.settings:
            read = first.reading if first.file.format != "csv" else {"csv": _csv_setting(first, encoding)}
            draft.settings = {"files": _pattern(exports, plan.files), **{k: v for k, v in read.items() if v}, **draft.settings}
            set_notation(draft, exports, answers)
        draft.said.insert(0, f"{_listed(exports)}: {plan.recognised[first.file.name]}.")
        plan.drafts[draft.name], plan.taken_from[draft.name] = draft, name
    if not known:  # of the others their limits tell it
        _tell_unread(plan, made, exports)
    else:
        plan.limits += [limit for limit in known.limits if limit not in plan.limits]
        plan.business |= known.business
    currency = known.currency if known else _column_of(made, "currency")
    seen = {value.upper() for export in exports for value in export.of([currency] if currency else [])}
    listed = plan.business.setdefault("currencies", [])
    assert isinstance(listed, list)
    listed += sorted(seen - set(listed))


def _offered(known: Profile | None, export: Export) -> tuple[str, ...]:
    """The sources an export surely has."""
    if known:
        return tuple(known.sources)
    draft = draft_by_contract(export)
    return (draft.name,) if draft else ()


def _unknown(plan: Plan, exports: Sequence[Export], answers: Answers) -> list[Draft]:
    """What a file may be that is no export that is known: a source by its own names, else what its columns may be."""
    if (draft := draft_by_contract(exports[0])) is None:
        return drafts_by_name(exports[0], answers)
    for export in exports:
        plan.recognised[export.file.name] = f"columns named as {draft.name} has them"
    return [draft]


def _tell_unread(plan: Plan, made: Sequence[Draft], exports: Sequence[Export]) -> None:
    """Note columns that nobody reads and that may say who must not be contacted."""
    read = {column for draft in made if draft.columns for column in columns_read(draft.name, draft.config())}
    unread = dict.fromkeys(column for export in exports for column in export.header if column and column not in read)
    if columns := may_say_no(unread):
        plan.limits.append(
            f"{_listed(exports)}: {', '.join(map(repr, columns))} may say who agreed to be contacted, or said no: NOT READ. "
            "If it does, map it as consents, or those who said no as suppressions (docs/consent.md)."
        )


def _written_alike(exports: Sequence[Export]) -> None:
    """Files of a source are read in one way: a second encoding would make other letters of the first without a word."""
    framed = {(export.csv.delimiter, export.csv.skip_lines, str(export.xlsx)) for export in exports}
    encodings = {export.csv.encoding for export in exports if not export.ascii_only}
    if len(framed) > 1 or len(encodings) > 1 or ("utf-16" in encodings and any(export.ascii_only for export in exports)):
        told = ", ".join(f"{one.file.name} ({one.csv.delimiter!r}, {one.csv.encoding})" for one in exports)
        raise UserError(
            f"{told}: files of one source must be in one encoding, be parted by one sign and have as many lines above the "
            "columns, workbooks the same sheet"
        )


def _one_value(columns: Sequence[str], exports: Sequence[Export]) -> None:
    for column in columns:
        if len(found := sorted({value for export in exports for value in export.of([column])})) > 1:
            raise UserError(
                f"{_listed(exports)}: column {column!r} has {one_of(found)}, and a source is read with one. "
                "Export each by itself and begin with one of them (docs/your_data.md)."
            )


def _column_of(made: Sequence[Draft], column: str) -> str | None:
    return next((origin for draft in made if isinstance(origin := draft.columns.get(column), str)), None)


def _encoding(exports: Sequence[Export], answers: Answers) -> str | None:
    for export in exports:
        if export.encodings:
            options = {name: f"reads {text!r}" for name, text in export.encodings}
            return answers.take(Question("encoding", f"{export.file.name} is not UTF-8. What is it?", options=options))
    return None


def _csv_setting(export: Export, encoding: str | None) -> Mapping[str, object]:
    options = export.csv.model_copy(update={"encoding": encoding or export.csv.encoding})
    return options.model_dump(exclude_defaults=True)


def _pattern(exports: Sequence[Export], others: Sequence[str]) -> str | list[str]:
    """The names of the files, or a pattern that later ones of the kind fit as well and no other one that is there."""
    names = [export.file.name for export in exports]
    spelled = [PurePosixPath(escape(name)) for name in names]
    patterns = {str(name.with_name(re.sub("[0-9]+", "*", name.name))) for name in spelled}
    if len(patterns) == 1:
        [pattern] = patterns
        if "*" in pattern and not any(fnmatchcase(name, pattern) for name in others if name not in names):
            return pattern
    return str(spelled[0]) if len(names) == 1 else [str(name) for name in spelled]


def _listed(exports: Sequence[Export]) -> str:
    return ", ".join(export.file.name for export in exports)


def _orders_of_lines(plan: Plan, answers: Answers) -> None:
    """Every project has orders: of its own, or made of lines that say who ordered and when."""
    if "orders" in plan.drafts or answers.open:
        return
    lines = plan.drafts.get("order_items")
    if lines and {"customer_id", "ordered_at"} <= lines.columns.keys():
        orders = Draft("orders", {"derive_from": "order_items"}, ["No file has orders: they are made of the lines."])
        plan.drafts = {"orders": orders, **plan.drafts}
        return
    found = "; ".join(f"{file}: {what}" for file, what in plan.recognised.items())
    raise UserError(f"no file has orders, and without orders there is nothing to segment. Found: {found or 'no file'}.")


def _currency(seen: list[str], answers: Answers) -> str | None:
    """The one of the files, unless the books are said to be kept in another."""
    if len(seen) == 1 and "currency" not in answers.given:
        return seen[0]
    text = "In which currency are the amounts?"
    if seen:
        text = f"The files have {', '.join(seen)}: which are the books kept in? Amounts in others need exchange_rates."
    return answers.take(Question("currency", text, "currency"))
