"""Windows of rules: how often something happened to a customer of late, and what it came to.

    count(web_sessions, 30)                      rows of a source in the last 30 days, as_of included
    total(orders.amount, 90)                     the sum of one of its columns over them
    count(email_events, 90, event = 'click')     the rows for which a condition on their own columns holds

A window is a column of the customer.  That a rule asks for it makes the pipeline compute it
(``features/rule_windows.py``), and the rule reads it by the name it has everywhere.

Belongs here: recognising windows among the words of a rule, and their names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot.tokens import Token, TokenType

from segmentation_pipeline.config.diagnostics import RuleDiagnostic, did_you_mean, one_of, shown
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.rules.usage import Usage

COUNT, TOTAL = "count", "total"
MAX_DAYS = 3_650
EVENT_DATE = Column("event_date", Type.DAY, "The business day it happened on.")

_NO_EVENTS = ("customers", "order_items", "consents", "suppressions", "restrictions", "identities", "merge_decisions")
"""Sources with a time whose rows are nothing a customer does: people and their keys, lines that name
their order only, and what decides who may be contacted, which is the gate's alone."""
_KNOWN_LATER = {"campaign_contacts": ("outcome_amount", "visited", "converted")}
"""Columns filled in some time after the event, of which nothing says when: a window over them would see past as_of."""
_OF_ORDERS = {"orders": ("amount", "discount_amount", "channel", "store_id", "category"), "returns": ("amount",)}
"""What the one pass over orders and returns knows of them."""
SUMMED = (Type.INTEGER, Type.MONEY, Type.NUMBER)
_MOVING = ("as_of", "days_since")
_BEFORE_GROUP = ("and", "or", "not", "in", "between")
"""Words before a parenthesis that call nothing."""
_PLAIN_VALUE = re.compile(r"'[a-z0-9]+(_[a-z0-9]+)*'\Z")
_FORMS = {
    COUNT: "a source and a number of days, such as count(orders, 90), and perhaps a condition on the columns of its rows",
    TOTAL: "a column of a source and a number of days, such as total(orders.amount, 90), and perhaps a condition on its rows",
}

WINDOWS = {
    COUNT: Usage(
        "count(source, days)` or `count(source, days, condition)",
        "how many rows of the source the customer has in the last days, `as_of` included; of those for which the condition holds",
        "count(email_events, 30, event = 'click') = 2",
        "count(orders, 7) = 0",
    ),
    TOTAL: Usage(
        "total(source.column, days)` or `total(source.column, days, condition)",
        "the sum of a column of these rows, of those in which it is known",
        "total(orders.amount, 90) > 150.00",
        "total(orders.amount, 7) = 0",
    ),
}
"""How they are used; where nothing happened they are 0."""

EVENTS = {
    name: source
    for name, source in SOURCES.items()
    if source.event_time and name not in _NO_EVENTS and (name in _OF_ORDERS or "customer_id" in source.names)
}
"""The sources windows may look at."""


def event_columns(source: str) -> dict[str, Column]:
    """The columns of a source's rows that conditions and totals of windows may use, ``event_date`` among them."""
    known = _OF_ORDERS.get(source, EVENTS[source].names)
    later = _KNOWN_LATER.get(source, ())
    usable = [c for c in EVENTS[source].columns if not (c.is_key or c.pii) and c.name in known and c.name not in later]
    return {column.name: column for column in (*usable, EVENT_DATE)}


@dataclass(frozen=True, slots=True)
class Window:
    """The rows of ``source`` in the last ``days`` days for which ``where`` holds, counted, or their ``column`` summed."""

    source: str
    days: int
    column: str | None = None
    where: str | None = None

    @property
    def name(self) -> str:
        """The name of its column, the same in every project: no two windows share one."""
        measured = f"{COUNT}_{self.source}" if self.column is None else f"{TOTAL}_{self.source}_{self.column}"
        if self.where is None:
            return f"{measured}_{self.days}d"
        words = self.where.split(" ")
        if len(words) == 3 and words[1] == "=" and _PLAIN_VALUE.match(words[2]):
            return f"{measured}_{self.days}d_where_{words[0]}_is_{words[2][1:-1]}"
        return f"{measured}_{self.days}d_where_{hashlib.sha256(self.where.encode()).hexdigest()[:8]}"

    @property
    def columns_read(self) -> tuple[str, ...]:
        """The columns of the source it is made from, beside the time of its rows."""
        words = re.findall(r"\w+", re.sub(r"'[^']*'", "", self.where or ""))
        known = [name for name in event_columns(self.source) if name in words and name != EVENT_DATE.name]
        return tuple(dict.fromkeys([*known, *([self.column] if self.column else [])]))


@dataclass(frozen=True, slots=True)
class Call:
    """A window as written: its place among the words of the rule (``end`` excluded) and, where there
    is a condition, its text and where that begins in the rule."""

    begin: int
    end: int
    window: Window
    condition: str | None = None
    condition_start: int = 0


@dataclass(frozen=True, slots=True)
class WrongCall:
    """What was written in place of a window, and what is wrong with it."""

    begin: int
    end: int
    mistake: RuleDiagnostic


def find_windows(tokens: Sequence[Token], text: str) -> list[Call | WrongCall]:
    """The windows among the words of a rule, in order."""
    found: list[Call | WrongCall] = []
    place = 0
    while place < len(tokens):
        end = _end_of_call(tokens, place)
        if end is not None:
            found.append(_read(tokens, place, end, text))
        place = place + 1 if end is None else end
    return found


def _end_of_call(tokens: Sequence[Token], begin: int) -> int | None:
    """The place behind ``count(...)`` or ``total(...)``, when one begins here and is closed."""
    if begin + 1 >= len(tokens) or tokens[begin].text.lower() not in _FORMS or tokens[begin].token_type is TokenType.STRING:
        return None
    depth = 0
    for place in range(begin + 1, len(tokens)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[place].token_type, 0)
        if depth == 0:
            return place + 1 if place > begin + 1 else None
    return None


def _read(tokens: Sequence[Token], begin: int, end: int, text: str) -> Call | WrongCall:
    arguments = _arguments(tokens[begin + 2 : end - 1])
    written = [[text[token.start : token.end + 1] for token in argument] for argument in arguments]
    if wrong := _wrong(tokens[begin], arguments, written):
        return WrongCall(begin, end, wrong)
    source, column = written[0][0], written[0][2] if len(written[0]) == 3 else None
    days = int(written[1][0])
    if len(arguments) == 2:
        return Call(begin, end, Window(source, days, column))
    first, last = arguments[2][0].start, arguments[2][-1].end + 1
    return Call(begin, end, Window(source, days, column, _spaced(written[2])), text[first:last], first)


def _wrong(function: Token, arguments: Sequence[Sequence[Token]], written: Sequence[Sequence[str]]) -> RuleDiagnostic | None:
    name = function.text.lower()
    if len(arguments) not in (2, 3) or not all(arguments) or len(arguments[0]) != (3 if name == TOTAL else 1):
        return RuleDiagnostic(f"{name}() with other values", _FORMS[name], None, function.start + 1)
    source, days = written[0][0], " ".join(written[1])
    if source not in EVENTS:
        expected = one_of(EVENTS, "source of events")
        return RuleDiagnostic(f"the unknown source '{source}'", expected, did_you_mean(source, EVENTS), arguments[0][0].start + 1)
    if not (days.isdecimal() and 1 <= int(days) <= MAX_DAYS):
        expected = f"a whole number, 1 to {MAX_DAYS}"
        return RuleDiagnostic(f"{shown(days)} as the days of a window", expected, None, arguments[1][0].start + 1)
    if name == TOTAL and (wrong := _wrong_total(source, written[0], arguments[0][2].start + 1)):
        return wrong
    return _wrong_condition(arguments[2]) if len(arguments) == 3 else None


def _arguments(tokens: Sequence[Token]) -> list[list[Token]]:
    """The words between the commas that stand in no inner parentheses."""
    arguments: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if token.token_type is TokenType.COMMA and depth == 0:
            arguments.append([])
        else:
            arguments[-1].append(token)
    return arguments


def _spaced(words: Sequence[str]) -> str:
    """The words of a condition with one space between them, but inside of parentheses and before commas."""
    text = ""
    for before, word in zip(("(", *words), words, strict=False):
        called = word == "(" and before.isidentifier() and before.lower() not in _BEFORE_GROUP
        text += word if before == "(" or word in (")", ",") or called else f" {word}"
    return text


def _wrong_total(source: str, words: Sequence[str], position: int) -> RuleDiagnostic | None:
    numeric = [column.name for column in event_columns(source).values() if column.type in SUMMED]
    if words[1] == "." and words[2] in numeric:
        return None
    found = f"the column '{words[2]}' of {source}"
    return RuleDiagnostic(found, one_of(numeric, "numeric column"), did_you_mean(words[2], numeric), position)


def _wrong_condition(tokens: Sequence[Token]) -> RuleDiagnostic | None:
    """What would make a customer's window move with every day, and windows inside windows."""
    for place, token in enumerate(tokens):
        if token.token_type is TokenType.STRING:
            continue
        word, position = token.text.lower(), token.start + 1
        if word in _MOVING:
            found = f"'{word}' in the condition of a window"
            return RuleDiagnostic(found, "the columns of the event; its days count back from as_of already", None, position)
        if _end_of_call(tokens, place) is not None:
            return RuleDiagnostic(f"{word}() in the condition of a window", "the columns of the event only", None, position)
    return None
