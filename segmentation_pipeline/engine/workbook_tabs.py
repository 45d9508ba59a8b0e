"""Which sheet of a workbook is meant."""

from __future__ import annotations

from pathlib import Path

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from segmentation_pipeline.config.diagnostics import hint_of
from segmentation_pipeline.config.schema.workbooks import XlsxOptions
from segmentation_pipeline.engine.base import SourceFileError


def tabs(book: CalamineWorkbook) -> tuple[list[str], list[str]]:
    """The names of the sheets that can be seen, in order, and of those that are hidden."""
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    seen = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return seen, [sheet.name for sheet in sheets if sheet.name not in seen]


def chosen(path: Path, book: CalamineWorkbook, options: XlsxOptions) -> str:
    """The name of the sheet that is meant.  Raises ``SourceFileError`` where there is none, or several and none is named."""
    seen, hidden = tabs(book)
    told = ", ".join(map(repr, seen)) + (f" (hidden: {', '.join(map(repr, hidden))})" if hidden else "")
    if isinstance(options.sheet, str):
        if options.sheet in (*seen, *hidden):
            return options.sheet
        hint = hint_of(options.sheet, [*seen, *hidden])
        raise SourceFileError(f"{path}: there is no sheet {options.sheet!r}.{hint} It has: {told}. Correct xlsx.sheet.")
    if isinstance(options.sheet, int):
        if options.sheet <= len(seen):
            return seen[options.sheet - 1]
        hint = f" If {options.sheet} is its name, write it in quotes." if str(options.sheet) in seen else ""
        raise SourceFileError(f"{path}: there is no sheet {options.sheet}.{hint} It has: {told}. Correct xlsx.sheet.")
    if len(seen) == 1:
        return seen[0]
    if not seen:
        raise SourceFileError(f"{path}: it has no sheet that can be seen: {told}. Name one as xlsx.sheet in sources.yaml.")
    raise SourceFileError(
        f"{path}: it has several sheets and none is named. Set 'xlsx: {{sheet: NAME}}' for the source in sources.yaml: {told}."
    )
