"""Telephone numbers in E.164, the one form in which two spellings of a number are equal.

Numbering plans are a library's business (Google's libphonenumber), and the library is Python: a
function the engine calls for each distinct number, batch by batch, the only thing of the size of the customer
base that is done in Python.  Spark's workers need the library too.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def e164(number: ir.StringValue, region: ir.StringValue) -> ir.StringValue:
    """The number as ``+`` with 8 to 15 digits; null when it cannot be one.

    ``region`` (ISO 3166, two capital letters) is the country a national number is dialled in; empty:
    not known, then only international numbers are read.
    """
    return _read(number, region).nullif("")


_LEAST_DIGITS = 8
"""Fewer are an extension or a mistake; numbering plans as open as the German one would let them pass."""


@ibis.udf.scalar.python(signature=(("string", "string"), "string"))  # type: ignore[untyped-decorator]
def _read(number: str | None, region: str | None) -> str:
    """Empty for null: DuckDB takes no nulls from a function."""
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse

    try:
        parsed = parse(number or "", region or None)
    except NumberParseException:
        return ""
    spelled = format_number(parsed, PhoneNumberFormat.E164)
    # Which blocks of numbers are assigned changes with the library, whose version is part of the program's fingerprint.
    return spelled if is_valid_number(parsed) and len(spelled) > _LEAST_DIGITS else ""
