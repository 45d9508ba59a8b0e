"""What only a person can say, and what was answered: nothing that changes figures is assumed in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from segmentation_pipeline.config.diagnostics import did_you_mean, one_of
from segmentation_pipeline.config.schema.base import known_timezone
from segmentation_pipeline.errors import UserError

Kind = Literal["option", "text", "day", "timezone", "currency"]


class NotAnswered(UserError):
    """Something must be said first; ``questions`` are what."""

    def __init__(self, questions: list[Question]) -> None:
        self.questions = questions
        super().__init__(
            "nothing is written before this is said:\n"
            + "\n".join(f"  {question.told()}" for question in questions)
            + ("\n'--yes' takes what is usual." if any(question.usual for question in questions) else "")
        )


@dataclass(frozen=True, slots=True)
class Question:
    """``key`` is what an answer is given under; of a kind ``option`` the answer is one of ``options``, which say what each
    means."""

    key: str
    text: str
    kind: Kind = "option"
    options: Mapping[str, str] = field(default_factory=dict)
    usual: str | None = None

    def told(self) -> str:
        """The question with all that may be answered, on a line each."""
        usual = f" (usual: {self.usual})" if self.usual else ""
        lines = [f"{self.text}{usual}: --choose {_quoted(f'{self.key}=...')}"]
        lines += [f"    {answer}: {meaning}" if meaning else f"    {answer}" for answer, meaning in self.options.items()]
        return "\n  ".join(map(printable, lines))

    def checked(self, answer: str) -> str:
        """``answer`` when it is one; raises ``UserError``."""
        wrong, expected = False, "a text"
        match self.kind:
            case "option":
                wrong, expected = answer not in self.options, one_of(list(self.options))
            case "currency":
                wrong, expected = not re.fullmatch("[A-Z]{3}", answer), "three capital letters such as EUR"
            case "day":
                wrong, expected = not _is_day(answer), "a day such as 2024-01-31"
            case "timezone":
                wrong, expected = not _is_timezone(answer), "an IANA time zone such as Europe/Berlin"
            case "text":
                wrong = not answer.strip()
        if wrong:
            raise UserError(f"--choose {self.key}: found {answer!r}; expected {expected}")
        return answer


@dataclass(slots=True)
class Answers:
    """What was answered, by key; with ``usual`` what is usual counts where nothing was.  What is asked and not answered is
    in ``open``, what was assumed in ``assumed``."""

    given: Mapping[str, str]
    usual: bool = False
    open: list[Question] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    _asked: set[str] = field(default_factory=set)

    def take(self, question: Question) -> str | None:
        """The answer, checked; None while there is none."""
        self._asked.add(question.key)
        if question.key in self.given:
            return question.checked(self.given[question.key])
        if self.usual and question.usual is not None:
            meaning = question.options.get(question.usual)
            said = f"{question.text} {question.usual}" + (f" ({meaning})" if meaning else "")
            if said not in self.assumed:
                self.assumed.append(said)
            return question.usual
        if question.key not in {one.key for one in self.open}:
            self.open.append(question)
        return None

    def finish(self) -> None:
        """Raise ``UserError`` for an answer that nobody asked for, ``NotAnswered`` when something was not answered."""
        for key in self.given:
            if key not in self._asked:
                hint = did_you_mean(key, self._asked)
                raise UserError(f"--choose {key}: nothing is asked under this name" + (f"; {hint}" if hint else ""))
        if self.open:
            raise NotAnswered(self.open)


def printable(text: str) -> str:
    """``text`` without the signs that would steer a terminal."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_timezone(text: str) -> bool:
    try:
        return bool(known_timezone(text))
    except ValueError:
        return False


def _quoted(text: str) -> str:
    return f"'{text}'" if re.search(r"[\s;|&()]", text) else text
