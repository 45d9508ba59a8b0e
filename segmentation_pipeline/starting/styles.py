"""How the first values of a column write numbers and days: said where they leave no doubt, asked where they do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from segmentation_pipeline.config.schema.numbers import NumberStyle
from segmentation_pipeline.quality.cures import date_formats, number_styles
from segmentation_pipeline.starting.questions import Answers, Question

Setting = dict[str, object]

_AMBIGUOUS = re.compile(r"[-+]?[0-9]{1,3}\.[0-9]{3}")
_NUMBER_LIKE = re.compile(r"\W*[A-Z]{0,3}\W*[0-9][0-9.,'\u2019\s]*\W*[A-Z]{0,3}")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?")


def are_plain(values: Sequence[str]) -> bool:
    """Whether all ``values`` are numbers as programs write them, and none may be two."""
    style = NumberStyle()
    return all(style.canonical(value) is not None and not _AMBIGUOUS.fullmatch(value) for value in values)


def look_like_numbers(values: Sequence[str]) -> bool:
    return bool(values) and all(_NUMBER_LIKE.fullmatch(value) for value in values)


def number_setting(where: str, values: Sequence[str], said: object, answers: Answers) -> tuple[Setting | None, str | None]:
    """What ``number`` must be for ``values``, and why; ``said`` is what a profile has for it.  No setting where they are
    plain, or where no style reads them: what cannot be read is told by a check."""
    if said is not None and all(NumberStyle.model_validate(said).canonical(value) is not None for value in values):
        return dict(said) if isinstance(said, Mapping) else None, None
    if are_plain(values):
        return None, None
    styles = _styles(shapes(values))
    example = next(value for value in values if not are_plain([value]))
    if len(styles) == 1:
        return styles[0], f"{len(values):,} values such as {example!r} can be read in this way alone"
    if len(styles) > 1:
        answer = _decimal_sign(where, f"such as {example!r}", answers)
        return next((style | {"decimal": answer} for style in styles if _decimal(style) == answer), None), _SAID
    return None, None


def shapes(values: Sequence[str]) -> list[str]:
    """One of the values of each shape: which digits stand there makes no difference to how a number is written."""
    return list({re.sub("[0-9]", "0", value): value for value in reversed(values)}.values())


def contradict(values: Sequence[str]) -> bool:
    """Whether some of ``values`` can be read with a decimal comma alone, and others with a point alone."""
    kinds = shapes(values)
    return bool(_with(".", kinds)) and bool(_with(",", kinds))


def setting_of_contradicting(where: str, values: Sequence[str], answers: Answers) -> tuple[Setting | None, str | None]:
    """What ``number`` must be for values that are written in two ways, one of which is to be refused."""
    kinds = shapes(values)
    commas, points = _with(",", kinds), _with(".", kinds)
    told = f"where some are like {commas[0]!r} and others like {points[0]!r}, which are refused or the others are"
    answer = _decimal_sign(where, told, answers)
    if answer is None:
        return None, None
    refused = set(points if answer == "," else commas)
    styles = _styles([value for value in kinds if value not in refused])
    plain: Setting = {"decimal": answer}
    return next((style | plain for style in styles if _decimal(style) == answer), plain), _SAID


_SAID = "as you said"


def _styles(values: Sequence[str]) -> list[Setting]:
    return [style.model_dump(include=style.model_fields_set) for style in number_styles(values)]


def _decimal(style: Setting) -> object:
    return style.get("decimal", ".")


def _with(decimal: str, values: Sequence[str]) -> list[str]:
    """The values that are numbers with this decimal sign and no other."""
    return [value for value in values if (styles := _styles([value])) and {_decimal(style) for style in styles} == {decimal}]


def _decimal_sign(where: str, told: str, answers: Answers) -> str | None:
    question = f"Which is the decimal sign in {where}, {told}?"
    return answers.take(Question(f"decimal sign of {where}", question, options={",": "", ".": ""}))


def date_setting(
    where: str, values: Sequence[str], said: Sequence[str], answers: Answers, personal: bool = False
) -> tuple[object, str | None]:
    """What ``format`` must be for ``values``, and why; ``said`` is what a profile has.  None where it is right, or where no
    pattern reads them.  A ``personal`` value is not shown."""
    if not values or set(said) & {"excel", "epoch", "epoch_ms"}:
        return None, None
    if not said and all(_ISO.fullmatch(value) for value in values):
        return None, None
    candidates: list[object] = []
    example = "" if personal else f" such as {values[0]!r}"
    if said and _read(said, values):
        used = [pattern for pattern in said if any(_reads(pattern, value) for value in values)]
        other = [_swapped(pattern) for pattern in used]
        if other == used or not _read(other, values):
            return None, None
        candidates = [_setting(used), _setting(other)]
    else:
        found = date_formats(values)
        numeric = [pattern for pattern in found if "%b" not in pattern and "%B" not in pattern]
        candidates = list(numeric or found[:1])
    if len(candidates) == 1:
        return candidates[0], f"{len(values):,} values{example} are written so"
    if candidates:
        options = {str(candidate if isinstance(candidate, str) else candidate[0]): "" for candidate in candidates}  # type: ignore[index]
        answer = answers.take(
            Question(f"dates of {where}", f"How are the values of {where}{example} to be read?", options=options)
        )
        by_answer = dict(zip(options, candidates, strict=True))
        return (by_answer[answer] if answer else None), "as you said"
    return None, None


def _setting(patterns: Sequence[str]) -> object:
    return patterns[0] if len(patterns) == 1 else list(patterns)


def _read(patterns: Sequence[str], values: Sequence[str]) -> bool:
    return all(any(_reads(pattern, value) for pattern in patterns) for value in values)


def _reads(pattern: str, value: str) -> bool:
    try:
        return bool(datetime.strptime(value, pattern))
    except ValueError:
        return False


def _swapped(pattern: str) -> str:
    """The pattern with day and month the other way round, where they are numbers side by side and the year is behind."""
    return re.sub(r"^%([dm])([/. -])%([dm])", r"%\3\2%\1", pattern)
