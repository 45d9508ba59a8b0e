"""Do the files have the columns that ``sources.yaml`` names?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of, shown
from segmentation_pipeline.config.schema import Config, SourceConfig
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.engine.base import Engine, SourceFileError
from segmentation_pipeline.ingest.files import SourceFile, source_files
from segmentation_pipeline.ingest.headers import headers
from segmentation_pipeline.ingest.lookups import lookup_columns, lookup_headers
from segmentation_pipeline.ingest.missing_columns import bare_name, hint
from segmentation_pipeline.rules.file_columns import asked_besides, columns_read, lookup_of, origins_of, sheet_reading


def check_columns(engine: Engine, name: str, config: SourceConfig, files: list[SourceFile], root: Path) -> None:
    """Every file must have the columns that required ones are made of, and those by which rows are left out or filled; an
    optional column's must be in one of them, since older files may not know it yet.  Of ``first_of`` one is enough.  No file
    may spell one of them otherwise: it would be read as if the column were not there.

    Raises ``SourceFileError`` otherwise."""
    present = {file: engine.file_columns(file.path, file.format, config.csv, sheet_reading(name, config)) for file in files}
    # JSON without a single record say nothing about columns: a quiet day, not a mistake.
    present = {file: columns for file, columns in present.items() if columns or file.format not in ("jsonl", "json")}
    present = {file: [*columns, *lookup_columns(engine, root, name, config)] for file, columns in present.items()}
    _keys_of_rows_are_keys(name, config, files)
    origins = origins_of(name, config)
    naming = dict.fromkeys(origin for column in SOURCES[name].any_of for origin in origins.get(column, ()))
    for file, columns in present.items():
        if naming and not naming.keys() & set(columns):
            likely = hint(file.path, file.format, config.csv, next(iter(naming)), columns, config.xlsx)
            raise SourceFileError(
                f"{file.name}: none of the columns {', '.join(naming)} is in the file, so nobody can tell whom its rows "
                f"are about.{likely} It has: {', '.join(columns)}. Correct sources.{name}.columns in sources.yaml or the file."
            )
    for column, made_of in origins.items():
        required, mapping = SOURCES[name].column(column).required, config.columns.get(column)
        any_is_enough = mapping is not None and mapping.first_of is not None
        if any_is_enough and required:
            _one_of_them(name, column, made_of, present, config)
        for origin in made_of:
            if config.columns or required:
                in_all = required and not any_is_enough
                _there(f"{name}.{column}", f"sources.{name}.columns", origin, present, config, in_all=in_all)
    for place, origin in asked_besides(config):
        key = ".".join((name, *place))
        _there(key, f"sources.{key}", origin, present, config, in_all=True)
    for file, columns in present.items():
        _none_spelled_otherwise(name, file, columns, config)


def _keys_of_rows_are_keys(name: str, config: SourceConfig, files: Sequence[SourceFile]) -> None:
    """The number of a row is a key in one file alone: in several it is that of a row in each."""
    numbered = [key for key in SOURCES[name].natural_key if (mapping := config.columns.get(key)) and mapping.from_row]
    if len(files) > 1 and numbered and len(numbered) == len(SOURCES[name].natural_key):
        raise SourceFileError(
            f"source '{name}': rows have no key but their number, and {len(files)} files have a row 1, such as {files[0].name} "
            f"and {files[1].name}. Make the key of columns in sources.{name}.columns.{numbered[0]}: '{{from: [...]}}', or "
            f"deliver one file."
        )


def _none_spelled_otherwise(name: str, file: SourceFile, columns: Sequence[str], config: SourceConfig) -> None:
    """No column is one that is read but for capitals, blanks and dashes."""
    read = columns_read(name, config)
    others: dict[str, str] = {}
    for column in columns:
        if column not in read:
            others.setdefault(bare_name(column), column)
    for origin in read:
        if origin in columns or bare_name(origin) not in others:
            continue
        other = others[bare_name(origin)]
        if config.columns:
            cure = f"Write it alike in every file, or correct sources.{name}.columns in sources.yaml."
        else:
            known = {bare_name(column): column for column in reversed(columns)}
            mapped = (f"{c.name}: {known[bare_name(c.name)]}" for c in SOURCES[name].columns if bare_name(c.name) in known)
            cure = f"Rename it in the file, or say in sources.yaml what is read: 'columns: {{{', '.join(mapped)}}}' for {name}."
        raise SourceFileError(f"{file.name}: column {shown(other)} would not be read, since '{origin}' is looked for. {cure}")


_Present = Mapping[SourceFile, Sequence[str]]
"""The columns of each file."""


def _one_of_them(name: str, column: str, made_of: Sequence[str], present: _Present, config: SourceConfig) -> None:
    for file, columns in present.items():
        if not set(made_of) & set(columns):
            _there(f"{name}.{column}", f"sources.{name}.columns", made_of[0], {file: columns}, config, in_all=True)


def _there(whose: str, key: str, origin: str, present: _Present, config: SourceConfig, *, in_all: bool) -> None:
    lacking = [file for file, columns in present.items() if origin not in columns]
    if not lacking or (not in_all and len(lacking) < len(present)):
        return
    file, columns = lacking[0], present[lacking[0]]
    likely = hint(file.path, file.format, config.csv, origin, columns, config.xlsx)
    raise SourceFileError(
        f"{file.name}: column '{origin}' ({whose}) is not in the file.{likely} It has: {', '.join(columns)}. "
        f"Correct {key} in sources.yaml or the file.{_of_profile(config)}"
    )


def _of_profile(config: SourceConfig) -> str:
    return (
        f" What profile {config.profile} says is replaced by what you write there, or taken out by null."
        if config.profile
        else ""
    )


def derivation_problems(root: Path, config: Config, file: YamlFile) -> Iterator[Diagnostic]:
    """Columns that expressions, lists, conditions and fillings name and that no file of the source has."""
    for name, source in config.sources.items():
        if source.derive_from or not (source.skip_when or source.fill_down or source.lookup or _derives(source)):
            continue
        try:
            files = source_files(root, name, source)
            there = list(dict.fromkeys(column for columns in headers(files, source.csv, source.xlsx) for column in columns))
            if source.lookup and there:
                there += lookup_headers(root, name, source)
        except SourceFileError:
            continue  # the run says what is wrong with the files
        if not there:
            continue
        asked = [
            (("columns", column), origin)
            for column, origins in origins_of(name, source).items()
            for origin in origins
            if (mapping := source.columns.get(column)) and (mapping.is_derived or lookup_of(origin, source))
        ]
        for place, origin in dict.fromkeys([*asked, *asked_besides(source)]):
            if origin not in there:
                found = f"'{origin}', which no file of source '{name}' has"
                near = did_you_mean(origin, there) or _of_profile(source).strip() or None
                yield file.problem(("sources", name, *place), found, one_of(there, "column of the file"), near)


def _derives(source: SourceConfig) -> bool:
    return any(mapping.is_derived for mapping in source.columns.values())
