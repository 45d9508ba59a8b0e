"""The profiles as a page of the documentation: ``docs/exports.md`` is what this makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from segmentation_pipeline.profiles.by_name import versioned
from segmentation_pipeline.profiles.catalog import profiles
from segmentation_pipeline.profiles.schema import Choice, Profile

_HEAD = """# Exports that are known

`segmentation init` knows these by their columns. Each is one file in
`segmentation_pipeline/profiles`, which says what the columns mean; each has a sample with
totals worked out by hand in `segmentation_pipeline_tests/profiles`. This page is made
from these files. `sources.yaml` may name one in place of a mapping, [with its version](your_data.md#a-profile-in-sourcesyaml).
Of several ways to read a column (*else*) the first counts whose columns the file has; an answer to `--choose` may read another.
"""


def page() -> str:
    """The whole page."""
    lines = [_HEAD, "| profile | export | sources |", "|---|---|---|"]
    lines += [
        f"| [`{versioned(name, one)}`](#{name}) | {one.title} | {', '.join(f'`{s}`' for s in one.sources)} |"
        for name, one in profiles().items()
    ]
    for name, profile in profiles().items():
        lines += ["", f"## {name}", "", *_section(profile)]
    return "\n".join(lines) + "\n"


def _section(profile: Profile) -> Iterator[str]:
    yield f"{profile.title}. How to get the file: {' '.join(profile.made_by.split())}."
    yield ""
    yield f"- Known by the columns {', '.join(f'`{column}`' for column in profile.signature.all)}{_besides(profile)}."
    for key, choice in profile.choices.items():
        yield f"- `--choose {key}=...` (`choose: {{{key}: ...}}`) {choice.question}{_answers(choice)}"
    yield from (f"- {limit}" for limit in profile.limits)
    yield f"- Documented at {', '.join(f'<{address}>' for address in profile.documentation)}."
    yield ""
    yield from ("| column, or rows that are left out | is read from, or where |", "|---|---|")
    for name, source in profile.sources.items():
        columns, conditions = (cast(Mapping[str, object], source.get(key, {})) for key in ("columns", "skip_when"))
        yield from (f"| `{name}.{column}` | {_read_from(way)} |" for column, way in columns.items())
        yield from (f"| rows of `{name}`: {what} | {_read_from(way)} |" for what, way in conditions.items())


def _read_from(way: object) -> str:
    """What a column is made of, or the condition; of several ways the first counts whose columns the file has."""
    match way:
        case list():
            ways = [_read_from(each) for each in way if each is not None]
            return "; else ".join(ways) + ("; may be missing" if None in way else "")
        case str():
            return _code(way)
        case {"first_of": list(columns)}:
            return f"the first that is known of {', '.join(map(_code, columns))}"
        case {"from": list(columns)}:
            return " and ".join(map(_code, columns))
        case {"from_row": True}:
            return "the number of the row"
        case {"from": str(column)} | {"expression": str(column)}:
            return _code(column)
        case {"value": value}:
            return f"always {_code(str(value))}"
    raise ValueError(f"{way!r} is no way to make a column")


def _code(text: str) -> str:
    return "`" + " ".join(text.split()).replace("|", "\\|") + "`"


def _besides(profile: Profile) -> str:
    one_of = f"; one of {', '.join(f'`{column}`' for column in profile.signature.any)}" if profile.signature.any else ""
    none_of = f"; and without {', '.join(f'`{column}`' for column in profile.signature.none)}" if profile.signature.none else ""
    return one_of + none_of


def _answers(choice: Choice) -> str:
    told = "; ".join(f"`{answer}`: {option.means}" for answer, option in choice.options.items())
    usual = f" Usual is `{choice.usual}`." if choice.usual else " There is no usual answer."
    return f" {told}.{usual}" if told else ""
