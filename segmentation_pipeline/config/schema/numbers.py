"""How a file writes its numbers."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segmentation_pipeline.config.schema.base import Model

_GROUPS = {".": (",", " ", "'", "\u2019"), ",": (".", " ", "'", "\u2019")}
"""The signs that may part thousands beside each decimal sign, when none is named."""


class NumberStyle(Model):
    """How numbers are written: ``1.234,50 €`` is ``{decimal: ",", currency: "€"}``.

    ``decimal`` is the sign before decimals, ``currency`` a sign or word that may stand beside a number.
    ``thousands`` is the sign between thousands; left out, every usual one but the decimal sign may stand there, in groups
    of three, once ``decimal`` is said; ``""`` allows none.  A leading minus is always understood; ``negative`` adds one
    behind (``65,50-``) or parentheses.  ``round`` allows digits beyond the currency's minor unit and rounds them.

    >>> NumberStyle(decimal=",").canonical("1.234,50"), NumberStyle(decimal=",").canonical("12.50")
    ('1234.50', None)
    >>> NumberStyle(decimal=",", currency="€", negative="trailing").canonical("65,5- €")
    '-65.5'
    """

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] | None = None
    currency: Annotated[str, Field(min_length=1, max_length=8)] | None = None
    negative: Literal["sign", "trailing", "parentheses"] = "sign"
    round: Literal["half_even"] | None = None

    @model_validator(mode="after")
    def _two_signs(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"'decimal' and 'thousands' are both '{self.decimal}'")
        if self.currency is not None and re.search(r"[0-9()+\-]", self.currency):
            raise ValueError("'currency' is a sign or word such as € or EUR, without digits and signs of numbers")
        return self

    @property
    def says_decimal(self) -> bool:
        """Whether it is said what a point between digits is."""
        return "decimal" in self.model_fields_set or bool(self.thousands)

    @property
    def is_plain(self) -> bool:
        """Whether numbers are as programs write them, so that nothing must be taken off."""
        return self.decimal == "." and self.thousands in (None, "") and not self.says_decimal and not self.currency_or_negative

    @property
    def currency_or_negative(self) -> bool:
        return self.currency is not None or self.negative != "sign"

    @cached_property
    def pattern(self) -> str:
        """What every number written so looks like, for any engine's regular expressions."""
        usual = _GROUPS[self.decimal] if self.says_decimal else ()
        groups = usual if self.thousands is None else (self.thousands,) if self.thousands else ()
        whole = ["[0-9]+", *(f"[0-9]{{1,3}}(?:{_escaped(sign)}[0-9]{{3}})+" for sign in groups)]
        if "," in groups:
            whole.append("[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")  # lakhs and crores
        point = re.escape(self.decimal)
        digits = f"(?:(?:{'|'.join(whole)})(?:{point}[0-9]*)?|{point}[0-9]+)"
        unit = f"(?:{_escaped(self.currency)})?" if self.currency else ""
        plain = f"[-+\u2212]? ?{unit} ?[-+\u2212]?{digits} ?{unit}"
        ways = [plain]
        if self.negative == "trailing":
            ways.append(f"{unit} ?{digits} ?{unit} ?[-\u2212] ?{unit}")
        elif self.negative == "parentheses":
            ways.append(f"{unit} ?\\( ?{unit} ?{digits} ?{unit} ?\\) ?{unit}")
        return f"^(?:{'|'.join(ways)})$"

    def canonical(self, text: str) -> str | None:
        """``text`` as programs write numbers; None when it is none of this style."""
        if not re.search(self.pattern, text):
            return None
        digits = re.sub(f"[^0-9{self.decimal}]", "", text).replace(self.decimal, ".")
        return "-" + digits if re.search(NEGATIVE, text) else digits


NEGATIVE = "[-\u2212(]"
"""What makes a number that fits a style a negative one."""


def _escaped(text: str) -> str:
    """``text`` in a pattern; not every engine knows an escaped blank."""
    return re.escape(text).replace("\\ ", " ")
