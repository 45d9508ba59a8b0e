"""Values as a reader wants them: numbers with separators, shares in percent, money without cents, small groups unnamed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

LEAST_PEOPLE = 10
"""Of fewer people the report gives no figure: it goes from hand to hand, the tables do not."""
UNKNOWN = "\N{EN DASH}"
PERCENT = "\N{NO-BREAK SPACE}%"
FEW = f"under {LEAST_PEOPLE}"
_COMPARISONS = {"<=": "at most", ">=": "at least", "<>": "is not", "!=": "is not", "<": "below", ">": "above", "=": "is"}
_TOKENS = re.compile(r"'(?:[^']|'')*'|<=|>=|<>|!=|<|>|=|[A-Za-z_]\w*|[^\s\w'<>=!]|[\d.]+|\s+|.")


def count(value: object) -> str:
    """A number of things.

    >>> count(1234), count(None) == UNKNOWN
    ('1,234', True)
    """
    return UNKNOWN if value is None else f"{int(float(str(value))):,}"


def counted(value: int, what: str) -> str:
    """A number with the word for what is counted.

    >>> counted(1, "check"), counted(3, "check"), counted(0, "check")
    ('1 check', '3 checks', 'no checks')
    """
    return f"{value:,} {what}{'' if value == 1 else 's'}" if value else f"no {what}s"


def people(value: object) -> str:
    """A number of persons; of so few that somebody might be recognised, that they are few.

    >>> people(12), people(3), people(0)
    ('12', 'under 10', '0')
    """
    return FEW if is_few(value) else count(value)


def is_few(value: object) -> bool:
    """Whether a group has members, and fewer than may be told of."""
    return value is not None and 0 < float(str(value)) < LEAST_PEOPLE


def money(value: object) -> str:
    """An amount of base currency, without cents from a thousand on.

    >>> money(1234.5), money(12.3), money(0)
    ('1,234', '12.30', '0')
    """
    if value is None:
        return UNKNOWN
    amount = float(str(value))
    return _signed(f"{amount:,.0f}" if abs(amount) >= 1000 or amount == 0 else f"{amount:,.2f}")


def share(value: object) -> str:
    """A share in percent.

    >>> share(0.1234).split(), share(0.0012).split()
    (['12.3', '%'], ['0.1', '%'])
    """
    return UNKNOWN if value is None else _signed(f"{100 * float(str(value)):.1f}{PERCENT}")


def change(now: object, before: object) -> str:
    """By how much something grew or shrank, with its sign.

    >>> change(125, 100).split(), change(90, 100).split()
    (['+25.0', '%'], ['−10.0', '%'])
    """
    grown = float(str(now)) / float(str(before)) - 1
    return f"{'+' if grown > 0 else ''}{share(grown)}"


def figure(value: object) -> str:
    """Any other number, in three digits.

    >>> figure(0.12345), figure(1234567.0)
    ('0.123', '1,234,567')
    """
    if value is None:
        return UNKNOWN
    amount = float(str(value))
    return _signed(f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:.3g}")


def month(value: object) -> str:
    """A month, of its first day.

    >>> month(date(2026, 6, 1))
    '2026-06'
    """
    return value.strftime("%Y-%m") if isinstance(value, date) else str(value)


def words(name: object) -> str:
    """A name of the configuration as one reads it; nobody's segment is said to be none.

    >>> words("cannot_lose_them"), words(None)
    ('cannot lose them', 'in none')
    """
    return "in none" if name is None else str(name).replace("_", " ")


def rule_in_words(rule: str, meanings: Mapping[str, str]) -> str:
    """A rule over columns as a sentence, columns by their names; what is no rule stays as it is.

    >>> rule_in_words("recency_days <= 90 and not (clv > 5)", {"recency_days": "", "clv": ""})
    'recency days at most 90 and not (clv above 5)'
    >>> rule_in_words("tier in ('gold', 'silver')", {"tier": ""})
    "tier is one of ('gold', 'silver')"
    >>> rule_in_words("Bought lately. Scores: recency 4-5.", {"recency_days": ""})
    'Bought lately. Scores: recency 4-5.'
    """
    if rule.strip() == "true":
        return "everybody else"
    found = _TOKENS.findall(rule)
    if not any(token in meanings for token in found):
        return rule
    said = "".join(words(token) if token in meanings else _COMPARISONS.get(token, token) for token in found)
    return said.replace(" not in (", " is none of (").replace(" in (", " is one of (")


def columns_in(rule: str, meanings: Mapping[str, str]) -> tuple[str, ...]:
    """The columns a rule names, in order."""
    return tuple(dict.fromkeys(token for token in _TOKENS.findall(rule) if token in meanings))


def _signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
