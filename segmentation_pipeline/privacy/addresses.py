"""Addresses in a form a channel can use: one definition for "reachable" and for the export.

An address counts as reachable exactly when the normalised form below is not null, so the gate
and the audience file cannot disagree.  Nothing is sent here and no address is looked up: a
reachable address is a well-formed one.
"""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from segmentation_pipeline.contracts.text import NO_ROOM, Form, in_form

_NEVER = r"\x00-\x20\x7f-\x{9f}\p{Z}\p{Cf}" + NO_ROOM + r"@,;:<>()\[\]\x22\\"
_EMAIL = rf"^[^{_NEVER}=+-][^{_NEVER}]*@([^{_NEVER}.]+\.)+[^{_NEVER}.]{{2,}}$"
"""One @, a dotted domain, no blanks, controls, signs without room or list separators: what shows as one address
may be another's.  A leading = + or - is refused:
it is a typing mistake in practice and would be a formula when the file is opened in a spreadsheet."""
_SHORT_ENOUGH = r"^.{1,254}$"
"""Longest address a mail server takes (RFC 5321, 4.5.3.1.3)."""

_PHONE = r"^\+?[0-9]{8,15}$"
"""E.164 allows 15 digits; fewer than 8 is an extension or a mistake."""

_STREET_WORDS = {"strasse": "str", "street": "st", "avenue": "ave", "road": "rd"}
"""Words of addresses that are written out or not."""

CHANNEL_FIELDS: dict[str, tuple[str, ...]] = {
    "email": ("email", "first_name", "last_name"),
    "sms": ("phone", "first_name", "last_name"),
    "ads": ("email_sha256",),
    "post": ("first_name", "last_name", "street", "postal_code", "city", "country"),
}
"""All personal data an audience file of the channel holds."""

_NEEDED: dict[str, tuple[str, ...]] = {
    "email": ("email",),
    "sms": ("phone",),
    "ads": ("email_sha256",),
    "post": ("street", "postal_code", "city"),
}


def normalised_email(email: ir.StringValue) -> ir.StringValue:
    """Trimmed and lower-case; null when it cannot be an e-mail address."""
    # Each step names the one before once: an expression that grows with every step is slow to plan.
    tidy = in_form(email, Form.ADDRESS).lower().re_extract(_EMAIL, 0)
    return cast(ir.StringValue, tidy.re_extract(_SHORT_ENOUGH, 0).nullif(""))


def normalised_phone(phone: ir.StringValue) -> ir.StringValue:
    """Digits with the ``+`` kept, ``00`` read as ``+``; null when it cannot be a phone number.

    In form of a key: a data frame's ``4930123456.0`` has no digit more than was dialled.

    Blanks, dots, dashes, slashes and brackets go, and so does the national ``(0)`` behind a
    country code, which is not dialled from abroad.  Anything else in the text refuses the number.
    A national number stays national: no country is guessed.
    """
    bare = in_form(phone, Form.KEY).re_replace(r"^00", "+")
    bare = bare.re_replace(r"^(\+[^(]*)\(0\)", r"\1").re_replace(r"[\s\x{a0}().\/-]+", "")
    return cast(ir.StringValue, bare.re_extract(_PHONE, 0).nullif(""))


def tidy_text(text: ir.StringValue) -> ir.StringValue:
    """One line without control characters or blanks at the ends; null when nothing is left."""
    return text.re_replace(r"[\x00-\x1f\x7f]+", " ").strip().nullif("")


def bare_place(text: ir.StringValue) -> ir.StringValue:
    """Letters and digits in one case, what two spellings of a street or town share; null when there are none."""
    letters = text.lower().replace("ß", "ss").re_replace(r"[^\p{L}\p{N}]+", "")
    return cast(ir.StringValue, letters.nullif(""))


def bare_street(text: ir.StringValue) -> ir.StringValue:
    """``bare_place`` of a street, whether or not its kind is written out."""
    bare = bare_place(text)
    for word, short in _STREET_WORDS.items():
        bare = bare.replace(word, short)
    return bare


def bare_code(text: ir.StringValue) -> ir.StringValue:
    """A postal code as two spellings share it: without the country's letters, leading zeros and a data frame's ``.0``."""
    bare = bare_place(text.re_replace(r"\.0\s*$", ""))
    return cast(ir.StringValue, bare.re_replace("^[a-z]{1,2}([0-9])", r"\1").re_replace("^0+([0-9])", r"\1"))


def bare_address(street: ir.StringValue, postal_code: ir.StringValue, city: ir.StringValue) -> ir.StringValue:
    """A postal address in the form two spellings of it share; null when a part is missing."""
    return cast(ir.StringValue, bare_street(street) + "|" + bare_place(postal_code) + "|" + bare_place(city))


def bare_places(street: ir.StringValue, postal_code: ir.StringValue, city: ir.StringValue) -> dict[str, ir.StringValue]:
    """``bare_address`` as ``place``, and the street with one of the two others, as ledgers may give them."""
    bare = bare_street(street)
    return {
        "place": bare_address(street, postal_code, city),
        "place_by_code": cast(ir.StringValue, bare + "|" + bare_code(postal_code)),
        "place_by_city": cast(ir.StringValue, bare + "|" + bare_place(city)),
    }


def contact_fields(channel: str, pii: ir.Table | None, customers: ir.Table | None) -> ir.Table:
    """What an audience file of the channel needs of a person, for those who have it all.

    One row per customer reachable by ``channel``: ``customer_id`` and ``CHANNEL_FIELDS[channel]``,
    normalised; null where a name or country is not known.  That of ``ads`` is the SHA-256 in hexadecimal
    of the address in lower case: of the one address whose consent was asked.  ``pii`` is ``pii.customers``,
    ``customers`` is ``clean.customers`` (city and country); None when the project has no customers source.
    """
    fields = CHANNEL_FIELDS[channel]
    if pii is None or customers is None:
        return _no_rows(("customer_id", pa.string()), *((field, pa.string()) for field in fields))
    known = contact_details(pii, customers)
    if channel == "ads":
        known = known.mutate(email_sha256=known.email.hexdigest("sha256"))
    return known.filter(_complete(known, channel)).select("customer_id", *fields)


def _complete(known: ir.Table, channel: str) -> ir.BooleanValue:
    return ibis.and_(*(known[field].notnull() for field in _NEEDED[channel]))


def contact_details(pii: ir.Table, customers: ir.Table) -> ir.Table:
    """``customer_id`` and every contact field of everybody in ``pii``, normalised; null = not known or not usable."""
    places = customers.select("customer_id", "city", "country")
    return details(pii.left_join(places, "customer_id"))


def details(people: ir.Table) -> ir.Table:
    """``customer_id`` and every contact field of each row of ``people``, normalised; null = not known or not usable."""
    return people.select(
        "customer_id",
        email=normalised_email(people.email),
        phone=normalised_phone(people.phone),
        **{field: tidy_text(people[field]) for field in CHANNEL_FIELDS["post"]},
    )


def _no_rows(*fields: tuple[str, pa.DataType]) -> ir.Table:
    return ibis.memtable(pa.schema(list(fields)).empty_table())
