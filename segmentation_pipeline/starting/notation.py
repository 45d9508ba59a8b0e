"""How the numbers and days of a source are written, as the first values of its files say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from segmentation_pipeline.config.schema.workbooks import WORKBOOK
from segmentation_pipeline.contracts.columns import Type
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.rules.file_columns import origins_of
from segmentation_pipeline.starting.exports import Export
from segmentation_pipeline.starting.mapping import Draft
from segmentation_pipeline.starting.questions import Answers
from segmentation_pipeline.starting.styles import (
    are_plain,
    contradict,
    date_setting,
    look_like_numbers,
    number_setting,
    setting_of_contradicting,
)

_NUMBERS = (Type.INTEGER, Type.NUMBER, Type.MONEY)
_DAYS = (Type.DAY, Type.INSTANT)


def set_notation(draft: Draft, exports: Sequence[Export], answers: Answers) -> None:
    """Write into ``draft`` how its numbers and days are written, where the values leave no doubt or somebody said it."""
    origins = origins_of(draft.name, draft.config())
    where = PurePosixPath(exports[0].file.name).name
    _set_numbers(draft, origins, exports, where, answers)
    _set_days(draft, origins, exports, where, answers)


def _values(exports: Sequence[Export], column: str) -> list[str]:
    return [value for export in exports for value in export.texts_of([column])]


def _set_numbers(
    draft: Draft, origins: Mapping[str, Sequence[str]], exports: Sequence[Export], where: str, answers: Answers
) -> None:
    """For the whole source where one style reads all its numbers, else column by column."""
    of_contract = {column: parts for column, parts in origins.items() if SOURCES[draft.name].column(column).type in _NUMBERS}
    found = {part: _values(exports, part) for parts in of_contract.values() for part in parts}
    numbers = {part: values for part, values in found.items() if look_like_numbers(values)}
    together = [value for values in numbers.values() for value in values]
    if not together:
        return
    if any(contradict(values) for values in numbers.values()):
        setting, why = setting_of_contradicting(where, together, answers)
    else:
        setting, why = number_setting(where, together, draft.settings.get("number"), answers)
    others = [part for part in found if any(export.has_others(part) for export in exports)]
    if setting is not None and others:
        _refuse_both_kinds(numbers, others, exports)
    if setting is not None and not (others and _are_no_cells(exports)):
        draft.settings["number"] = setting
        if why:
            draft.why["number"] = why
    elif not answers.open:
        draft.settings.pop("number", None)
        for column, parts in of_contract.items():
            if of_column := [value for part in parts for value in numbers.get(part, ())]:
                _put(draft, column, "number", *number_setting(f"{column} of {where}", of_column, None, answers))


def _are_no_cells(exports: Sequence[Export]) -> bool:
    """Whether the numbers a file holds as such are read as they are, and not as the texts beside them are written."""
    return any(export.file.format != WORKBOOK for export in exports)


def _refuse_both_kinds(numbers: Mapping[str, list[str]], others: Sequence[str], exports: Sequence[Export]) -> None:
    """A column of numbers and of texts that are no plain numbers is read in one way, which is wrong for one of the two."""
    for column in others:
        if column in numbers and not are_plain(numbers[column]) and _are_no_cells(exports):
            raise UserError(
                f"{exports[0].file.name}: column {column!r} has numbers and texts such as {numbers[column][0]!r}, "
                "which are read in one way. Export all of them as numbers, or all as texts."
            )


def _set_days(
    draft: Draft, origins: Mapping[str, Sequence[str]], exports: Sequence[Export], where: str, answers: Answers
) -> None:
    for column, parts in origins.items():
        mapping = draft.columns[column]
        own = mapping if isinstance(mapping, dict) else {}
        if SOURCES[draft.name].column(column).type not in _DAYS or "expression" in own:
            continue
        together = isinstance(own.get("from"), list)  # day and time, joined by a blank
        written = [value for export in exports for value in (_joined(export, parts) if together else export.texts_of(parts))]
        said = own.get("format") or draft.settings.get("date_format")
        patterns = [said] if isinstance(said, str) else list(said) if isinstance(said, list) else []
        name, personal = f"{'+'.join(parts)} of {where}", SOURCES[draft.name].column(column).pii
        _put(draft, column, "format", *date_setting(name, written, patterns, answers, personal))


def _joined(export: Export, columns: Sequence[str]) -> list[str]:
    """Values of several columns that stand in one record; none where the columns are not all full."""
    parts = [export.texts_of([column]) for column in columns]
    return [" ".join(row) for row in zip(*parts, strict=True)] if len({len(part) for part in parts}) == 1 else []


def _put(draft: Draft, column: str, key: str, setting: object, why: str | None) -> None:
    if setting is None:
        return
    mapping = draft.columns[column]
    draft.columns[column] = {**(mapping if isinstance(mapping, dict) else {"from": mapping}), key: setting}
    if why:
        draft.why[column] = why
