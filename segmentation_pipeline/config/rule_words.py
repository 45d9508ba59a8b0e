"""The words a rule may be made of: the first of two whitelists, on the text itself.

The parser behind it knows all of SQL.  Here every word outside the small grammar of rules gets a
prefix before the parser sees it, so that ``select`` or ``cast`` are names to it like any other;
signs and functions that rules do not have are refused with their position.
"""

from __future__ import annotations

import re

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError
from sqlglot.expressions import Expr as Expression
from sqlglot.tokens import Token, TokenType

from segmentation_pipeline.config.mistakes import Mistake, did_you_mean, one_of, shown
from segmentation_pipeline.config.rule_functions import FUNCTIONS

KEYWORDS = ("and", "or", "not", "in", "between", "is", "null", "like", "ilike", "true", "false", "date")
AS_OF = "as_of"
RESERVED = frozenset({*KEYWORDS, *FUNCTIONS, AS_OF})
"""Names that mean something in a rule, so no column or segmentation may have them."""

PREFIX = "w__"
"""Stands before every name in the syntax tree; no word of SQL begins like this."""

MAX_LENGTH = 4_000
MAX_PARENTHESES = 15
"""Deeper nesting would exhaust the parser; no rule a person can read needs it."""

_DIALECT = DuckDB()
_SIGNS = {
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
_BEFORE_PARENTHESIS = {*FUNCTIONS, "and", "or", "not", "in", "between"}
_NUMBER = re.compile(r"\d+(\.\d+)?\Z")
_MAX_DIGITS = 18
_ALLOWED = "column names, numbers, texts in single quotes, = <> < <= > >= + - * /, parentheses, " + ", ".join(KEYWORDS)
_HINTS = {
    ";": "a rule is one condition and has no ';'",
    ".": "write a column's plain name, and numbers as 0.5",
    "==": "write a single '='",
    "||": "texts cannot be joined in a rule",
    "::": "values cannot be converted in a rule",
}


def parse_words(text: str) -> tuple[Expression | None, list[Mistake]]:
    """The syntax tree of a rule made of allowed words only, or all words that are not allowed."""
    if len(text) > MAX_LENGTH:
        return None, [Mistake(f"a rule of {len(text)} characters", f"at most {MAX_LENGTH}")]
    try:
        tokens = _DIALECT.tokenize(text)
    except TokenError:
        return None, [Mistake("a text, name or comment that is never closed", "texts in single quotes, 'like this'")]
    if not tokens:
        return None, [Mistake("an empty rule", "a condition such as frequency >= 3, or true for everybody")]
    mistakes = [m for m in map(_mistake, tokens, [*tokens[1:], None], [text] * len(tokens)) if m]
    mistakes += _nesting_mistake(tokens)
    if mistakes:
        return None, mistakes
    try:
        trees = _DIALECT.parser().parse(list(map(_plain, tokens, [*tokens[1:], None])), text)
    except ParseError as error:
        return None, [_unreadable(error, text)]
    if len(trees) != 1 or trees[0] is None:
        return None, [Mistake("more than one condition", "one condition; join conditions with and, or")]
    return trees[0], []


def _source(token: Token, text: str) -> str:
    return text[token.start : token.end + 1]


def _mistake(token: Token, following: Token | None, text: str) -> Mistake | None:
    """What is wrong with one word, whatever stands around it."""
    written, position = _source(token, text), token.start + 1
    if token.comments:
        return Mistake("a comment in the rule", "the condition only; comments belong in the YAML file, after #", None, position)
    if token.token_type is TokenType.STRING and written.startswith("'"):
        return None
    if token.token_type is TokenType.NUMBER:
        if _NUMBER.match(written) and len(written.replace(".", "")) <= _MAX_DIGITS:
            return None
        return Mistake(written, f"a number such as 250 or 0.25, of at most {_MAX_DIGITS} digits", None, position)
    if token.token_type is TokenType.IDENTIFIER:
        return Mistake(written, "texts in single quotes, columns in none", f"write '{token.text}' if it is a text", position)
    if written.isidentifier():
        called = following is not None and following.token_type is TokenType.L_PAREN
        if not called or written.lower() in _BEFORE_PARENTHESIS:
            return None
        return Mistake(f"the function {written}()", one_of(FUNCTIONS), did_you_mean(written, FUNCTIONS), position)
    if token.token_type in _SIGNS and written != "==":
        return None
    return Mistake(shown(written), _ALLOWED, _HINTS.get(written), position)


def _nesting_mistake(tokens: list[Token]) -> list[Mistake]:
    depth = 0
    for token in tokens:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if depth > MAX_PARENTHESES:
            return [Mistake("parentheses nested too deeply", f"at most {MAX_PARENTHESES} levels", None, token.start + 1)]
        if depth < 0:
            return [Mistake("')'", "an opening parenthesis before it", None, token.start + 1)]
    return [Mistake("a parenthesis that is never closed", "')'")] if depth else []


def _plain(token: Token, following: Token | None) -> Token:
    """The word as the parser shall see it: a keyword of rules, or a name that means nothing to it."""
    word = token.text.lower()
    is_word = token.token_type is not TokenType.STRING and token.text.isidentifier()
    is_date = word == "date" and following is not None and following.token_type is TokenType.STRING
    if is_word and not is_date and (word not in KEYWORDS or word == "date"):
        return Token(TokenType.VAR, PREFIX + token.text, line=token.line, col=token.col, start=token.start, end=token.end)
    return token


def _unreadable(error: ParseError, text: str) -> Mistake:
    """The parser's complaint in plain words; its own wording names its classes."""
    detail = error.errors[0] if error.errors else {}
    near = str(detail.get("highlight") or "").strip()
    lines = text.splitlines(keepends=True)[: int(detail.get("line") or 1) - 1]
    end = sum(map(len, lines)) + int(detail.get("col") or 0)
    position = end - len(near) + 1 if near and end >= len(near) else None
    found = f"something missing or out of place at {shown(near)}" if near else "an incomplete rule"
    return Mistake(found, "a condition such as frequency >= 3 and country in ('DE', 'AT')", None, position)
