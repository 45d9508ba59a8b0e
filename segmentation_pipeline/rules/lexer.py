"""The words a rule may be made of: the first of two whitelists, on the text itself.

The parser behind it knows all of SQL.  Here every word outside the small grammar of rules gets a
prefix before the parser sees it, so that ``select`` or ``cast`` are names to it like any other;
signs and functions that rules do not have are refused with their position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError
from sqlglot.expressions import Expr as Expression
from sqlglot.expressions import Identifier, Literal
from sqlglot.tokens import Token, TokenType

from segmentation_pipeline.config.diagnostics import RuleDiagnostic, did_you_mean, one_of, shown
from segmentation_pipeline.rules.days import unit_of
from segmentation_pipeline.rules.functions import FUNCTIONS
from segmentation_pipeline.rules.grammar import SIGNS, Grammar
from segmentation_pipeline.rules.usage import Usage
from segmentation_pipeline.rules.windows import WINDOWS, Call, Window, WrongCall, find_windows

KEYWORDS = ("and", "or", "not", "in", "between", "is", "null", "like", "ilike", "true", "false", "date")
AS_OF = "as_of"
IN_SEGMENT = "in_segment"
SPAN = "span of"
"""Before the unit: what ``90 days`` is to the parser, a call no rule can spell."""
USAGES = {
    **{name: function.usage for name, function in FUNCTIONS.items()},
    IN_SEGMENT: Usage(
        "in_segment(segmentation, 'segment', ...)",
        "whether the customer is in one of these segments, also where segments overlap",
        "in_segment(lifecycle, 'active', 'new')",
        "not in_segment(value_tier, 'gold')",
    ),
    **WINDOWS,
}
"""How each function of rules is used."""
CALLS = tuple(USAGES)
RESERVED = frozenset({*KEYWORDS, *CALLS, AS_OF})
"""Names that mean something in a rule, so no column or segmentation may have them."""

PREFIX = "w__"
"""Stands before every name in the syntax tree; no word of SQL begins like this."""

MAX_LENGTH = 4_000
MAX_PARENTHESES = 15
"""Deeper nesting would exhaust the parser; no rule a person can read needs it."""

_DIALECT = DuckDB()
_NUMBER = re.compile(r"\d+(\.\d+)?\Z")
_MAX_DIGITS = 18
RULES = Grammar(
    what="rule",
    example="frequency >= 3",
    keywords=KEYWORDS,
    calls=CALLS,
    signs=SIGNS,
    allowed="column names, numbers, texts in single quotes, = <> < <= > >= + - * /, parentheses, " + ", ".join(KEYWORDS),
    hints={
        ";": "a rule is one condition and has no ';'",
        ".": "write a column's plain name, and numbers as 0.5",
        "==": "write a single '='",
        "||": "texts cannot be joined in a rule",
        "::": "values cannot be converted in a rule",
    },
)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a rule as the parser shall see them; ``names`` are those that may name something, as written."""

    tokens: tuple[Token, ...]
    names: frozenset[str]
    windows: tuple[Call, ...]
    mistakes: tuple[RuleDiagnostic, ...]


@lru_cache(maxsize=4096)
def read_words(text: str, grammar: Grammar = RULES) -> Words:
    """The words of a rule, or all that are not allowed."""
    if len(text) > MAX_LENGTH:
        return _unusable(RuleDiagnostic(f"a text of {len(text)} characters", f"at most {MAX_LENGTH}"))
    try:
        tokens = _DIALECT.tokenize(text)
    except TokenError:
        return _unusable(RuleDiagnostic("a text, name or comment that is never closed", "texts in single quotes, 'like this'"))
    if not tokens:
        more = ", or true for everybody" if grammar is RULES else ""
        return _unusable(RuleDiagnostic(f"an empty {grammar.what}", f"something such as {grammar.example}{more}"))
    calls = find_windows(tokens, text) if grammar.has_time else []
    inside = {place for call in calls for place in range(call.begin, call.end)}
    mistakes = [call.mistake for call in calls if isinstance(call, WrongCall)]
    for place, (token, following) in enumerate(zip(tokens, [*tokens[1:], None], strict=True)):
        if place not in inside and (mistake := _mistake(token, following, text, grammar)):
            mistakes.append(mistake)
    mistakes += _nesting_mistake(tokens)
    windows = tuple(call for call in calls if isinstance(call, Call))
    plain = tuple(_plain(tokens, {call.begin: call for call in windows}, grammar))
    names = frozenset(token.text.removeprefix(PREFIX) for token in plain if token.text.startswith(PREFIX))
    return Words(plain, names, windows, tuple(mistakes))


def windows_in(text: str) -> tuple[Window, ...]:
    """The windows a rule asks for."""
    return tuple(call.window for call in read_words(text).windows)


def parse_words(text: str, grammar: Grammar = RULES) -> tuple[Expression | None, list[RuleDiagnostic]]:
    """The syntax tree of a rule made of allowed words only, or all words that are not allowed."""
    words = read_words(text, grammar)
    if words.mistakes:
        return None, list(words.mistakes)
    try:
        trees = _DIALECT.parser().parse(list(words.tokens), text)
    except ParseError as error:
        return None, [_unreadable(error, text, grammar)]
    if len(trees) != 1 or trees[0] is None:
        return None, [RuleDiagnostic(f"more than one {grammar.what}", "one; join conditions with and, or")]
    return trees[0], []


def _unusable(mistake: RuleDiagnostic) -> Words:
    return Words((), frozenset(), (), (mistake,))


def _source(token: Token, text: str) -> str:
    return text[token.start : token.end + 1]


def _mistake(token: Token, following: Token | None, text: str, grammar: Grammar) -> RuleDiagnostic | None:
    """What is wrong with one word, whatever stands around it."""
    written, position = _source(token, text), token.start + 1
    if token.comments:
        return RuleDiagnostic(
            f"a comment in the {grammar.what}",
            f"the {grammar.what} only; comments belong in the YAML file, after #",
            None,
            position,
        )
    if token.token_type is TokenType.STRING and written.startswith("'"):
        return None
    if token.token_type is TokenType.NUMBER:
        if _NUMBER.match(written) and len(written.replace(".", "")) <= _MAX_DIGITS:
            return None
        return RuleDiagnostic(written, f"a number such as 250 or 0.25, of at most {_MAX_DIGITS} digits", None, position)
    if token.token_type is TokenType.IDENTIFIER and grammar.quotes_names:
        return None if token.text else RuleDiagnostic(written, "the name of a column of the file", None, position)
    if token.token_type is TokenType.IDENTIFIER:
        return RuleDiagnostic(
            written, "texts in single quotes, columns in none", f"write '{token.text}' if it is a text", position
        )
    if written.isidentifier():
        called = following is not None and following.token_type is TokenType.L_PAREN
        if not called or written.lower() in grammar.before_parenthesis:
            return None
        return RuleDiagnostic(f"the function {written}()", one_of(grammar.calls), did_you_mean(written, grammar.calls), position)
    if token.token_type in grammar.signs and written != "==":
        return None
    return RuleDiagnostic(shown(written), grammar.allowed, grammar.hints.get(written), position)


def _nesting_mistake(tokens: list[Token]) -> list[RuleDiagnostic]:
    depth = 0
    for token in tokens:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if depth > MAX_PARENTHESES:
            return [RuleDiagnostic("parentheses nested too deeply", f"at most {MAX_PARENTHESES} levels", None, token.start + 1)]
        if depth < 0:
            return [RuleDiagnostic("')'", "an opening parenthesis before it", None, token.start + 1)]
    if depth == 0:
        return []
    unclosed: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.L_PAREN:
            unclosed.append(token)
        elif token.token_type is TokenType.R_PAREN:
            unclosed.pop()
    return [RuleDiagnostic("a parenthesis that is never closed", "')'", None, unclosed[-1].start + 1)]


def _plain(tokens: list[Token], windows: dict[int, Call], grammar: Grammar) -> Iterator[Token]:
    """The words as the parser shall see them: keywords of the grammar, and names that mean nothing to it.

    A window becomes the name of its column, ``90 days`` a call with the number.
    """
    place = 0
    while place < len(tokens):
        token, following = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else None
        if place in windows:
            call = windows[place]
            yield _word(PREFIX + call.window.name, token, tokens[call.end - 1])
            place = call.end
            continue
        if grammar.has_time and token.token_type is TokenType.NUMBER and following and (unit := unit_of(following.text)):
            yield _word(PREFIX + SPAN + unit, token, following)
            yield Token(TokenType.L_PAREN, "(", line=token.line, col=token.col, start=token.start, end=token.start)
            yield token
            yield Token(TokenType.R_PAREN, ")", line=following.line, col=following.col, start=following.end, end=following.end)
            place += 2
            continue
        yield _plain_word(token, following, grammar)
        place += 1


def _plain_word(token: Token, following: Token | None, grammar: Grammar) -> Token:
    word = token.text.lower()
    if token.token_type is TokenType.IDENTIFIER:
        return _word(PREFIX + token.text, token, token)
    is_word = token.token_type is not TokenType.STRING and token.text.isidentifier()
    is_date = word == "date" and following is not None and following.token_type is TokenType.STRING
    if is_word and not is_date and (word not in grammar.keywords or word == "date"):
        return _word(PREFIX + token.text, token, token)
    return token


def _word(text: str, first: Token, last: Token) -> Token:
    return Token(TokenType.VAR, text, line=first.line, col=first.col, start=first.start, end=last.end)


def _unreadable(error: ParseError, text: str, grammar: Grammar) -> RuleDiagnostic:
    """The parser's complaint in plain words; its own wording names its classes."""
    detail = error.errors[0] if error.errors else {}
    near = str(detail.get("highlight") or "").strip()
    lines = text.splitlines(keepends=True)[: int(detail.get("line") or 1) - 1]
    end = sum(map(len, lines)) + int(detail.get("col") or 0)
    position = end - len(near) + 1 if near and end >= len(near) else None
    found = f"something missing or out of place at {shown(near)}" if near else f"an incomplete {grammar.what}"
    example = "a condition such as frequency >= 3 and country in ('DE', 'AT')" if grammar is RULES else grammar.example
    return RuleDiagnostic(found, example, grammar.unreadable_hint, position)


def position_of(node: Expression) -> int | None:
    """Where a piece of syntax begins: its first name or value, else that of what is around it; counted from 1."""
    place: Expression | None = node
    while place is not None:
        starts = [part.meta["start"] for part in place.find_all(Identifier, Literal) if "start" in part.meta]
        if starts:
            return int(min(starts)) + 1
        place = place.parent
    return None
