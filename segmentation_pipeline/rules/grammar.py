"""What words a language of conditions has: rules over customers, and expressions over the columns of a file.

Belongs here: the lists of what is allowed.  Does not belong here: looking for what is not (``lexer.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlglot.tokens import TokenType

SIGNS = frozenset(
    {
        TokenType.L_PAREN,
        TokenType.R_PAREN,
        TokenType.COMMA,
        TokenType.EQ,
        TokenType.NEQ,
        TokenType.LT,
        TokenType.LTE,
        TokenType.GT,
        TokenType.GTE,
        TokenType.PLUS,
        TokenType.DASH,
        TokenType.STAR,
        TokenType.SLASH,
    }
)
SYNTAX_ARGUMENTS = {
    "this",
    "expression",
    "expressions",
    "low",
    "high",
    "field",
    "negate",
    "to",
    "is_string",
    "quoted",
    "ifs",
    "default",
    # Notes the parser leaves on a division about its dialect; they change nothing here.
    "typed",
    "safe",
}
"""What a piece of syntax that some language has may say of itself; anything else the parser notes is refused."""

_MAY_HAVE_PARENTHESES = ("and", "or", "not", "in", "between", "case", "when", "then", "else")


@dataclass(frozen=True, slots=True)
class Grammar:
    """The words and signs of one language, and how its mistakes are told.

    ``quotes_names``: a name may stand in double quotes, so that it may hold blanks.  ``has_time``: there are
    windows of events and spans such as ``90 days``.
    """

    what: str
    example: str
    keywords: tuple[str, ...]
    calls: tuple[str, ...]
    signs: frozenset[TokenType]
    allowed: str
    hints: Mapping[str, str] = field(default_factory=dict, hash=False)
    unreadable_hint: str | None = None
    quotes_names: bool = False
    has_time: bool = True

    @property
    def before_parenthesis(self) -> set[str]:
        """The words that may stand before an opening parenthesis."""
        return {*self.calls, *(word for word in _MAY_HAVE_PARENTHESES if word in self.keywords)}
