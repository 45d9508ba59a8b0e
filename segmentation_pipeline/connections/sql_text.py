"""Names and texts quoted as PostgreSQL reads them."""

from __future__ import annotations

import sqlglot.expressions as sge


def identifier(name: str) -> str:
    """A name, taken letter by letter.

    >>> print(identifier('Order "No" 2'))
    "Order ""No"" 2"
    """
    return sge.to_identifier(name, quoted=True).sql("postgres")


def literal(text: str) -> str:
    """A text value.

    >>> print(literal("it's"))
    'it''s'
    """
    return sge.Literal.string(text).sql("postgres")
