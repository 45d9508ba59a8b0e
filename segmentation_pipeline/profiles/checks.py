"""Does a profile say what ``sources.yaml`` could say?  What its shape alone does not tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from segmentation_pipeline.config.diagnostics import Diagnostic, did_you_mean, one_of
from segmentation_pipeline.config.schema import SourceConfig
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.profiles.schema import Profile
from segmentation_pipeline.rules.expressions import ExpressionError
from segmentation_pipeline.rules.file_columns import conditions, origins_of


def profile_problems(profile: Profile, file: YamlFile) -> Iterator[Diagnostic]:
    """Sources and columns there are none of, mappings that cannot be used, answers that are none."""
    parts: list[tuple[KeyPath, dict[str, dict[str, object]]]] = [(("sources",), profile.sources)]
    for key, choice in profile.choices.items():
        asked: KeyPath = ("choices", key)
        if choice.usual is not None and choice.usual not in choice.options:
            expected = one_of(list(choice.options), "answer")
            yield file.problem((*asked, "usual"), repr(choice.usual), expected, did_you_mean(choice.usual, choice.options))
        parts += [((*asked, "options", answer, "sources"), option.sources) for answer, option in choice.options.items()]
    for place, sources in parts:
        for name, settings in sources.items():
            if name not in SOURCES:
                yield file.problem((*place, name), f"the unknown source '{name}'", one_of(SOURCES), did_you_mean(name, SOURCES))
            else:
                yield from _wrong_settings(name, settings, file, (*place, name))


def _wrong_settings(name: str, settings: Mapping[str, object], file: YamlFile, place: KeyPath) -> Iterator[Diagnostic]:
    for kind in ("columns", "skip_when"):
        listed = settings.get(kind, {})
        if not isinstance(listed, Mapping):
            yield file.problem((*place, kind), "no names", "names, each with what it is")
            continue
        for key, ways in listed.items():
            if kind == "columns" and key not in SOURCES[name].names:
                hint = did_you_mean(key, SOURCES[name].names)
                yield file.problem(
                    (*place, kind, key), f"the unknown column '{key}'", one_of(SOURCES[name].names, "column"), hint
                )
                continue
            for way in ways if isinstance(ways, list) else [ways]:
                if way is not None and (wrong := _wrong(name, {kind: {key: way}})):
                    yield file.problem((*place, kind, key), wrong)
    rest = {key: value for key, value in settings.items() if key not in ("columns", "skip_when")}
    if wrong := _wrong(name, rest):
        yield file.problem(place, wrong)


def _wrong(name: str, settings: Mapping[str, object]) -> str | None:
    """What is wrong with a part of a source's settings; None when nothing is."""
    try:
        config = SourceConfig.model_validate({**({} if "derive_from" in settings else {"files": "*"}), **settings})
        origins_of(name, config)
        conditions(config)
    except ValidationError as error:
        [first, *_] = error.errors()
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    except ExpressionError as error:
        return str(error)
    return None
