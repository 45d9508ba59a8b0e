"""Spellings in which people and programs write keys and addresses down, and what several of them share.

Belongs here: what a no is compared by.  A yes is not: it counts for what it names and nothing like it.
"""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from segmentation_pipeline.contracts.engine_function import engine_function
from segmentation_pipeline.contracts.text import Form, in_form, looks, said_once
from segmentation_pipeline.privacy.addresses import normalised_email, normalised_phone

_ONE_MAILBOX = ("gmail.com", "googlemail.com")
"""Domains of one provider who takes no notice of dots."""
_AT = r"%40|\s*[(\[{]\s*([aA][tT]|@)\s*[)\]}]\s*|\s+@\s*|\s*@\s+|@@+"
_COMMA_IN_DOMAIN = r"(@[^\s@,;.]+),(\p{L}+)"
_THOUSANDS = r"^([0-9]{1,3}([.,' ][0-9]{3})+)([.,]00?)?$"
_WHOLE_DOMAIN = r"^[*%]?@([^@\s*%]+\.[^@\s*%.]+)$"
_DIGEST = "(^|[^0-9a-f])([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$"
EMAIL_DIGESTS = ("email_digest", "email_md5", "email_sha1", "mailbox_digest")
PHONE_DIGESTS = ("phone_digest", "phone_digits_digest", "phone_dialled_digest", "phone_at_home_digest", "phone_md5")
"""Digests by which lists name an address: of the mailbox as ad platforms want it, of numbers as they are dialled."""
_MARKED = (
    "\u00e0\u00e1\u00e2\u00e3\u00e4\u00e5\u0101\u0103\u0105\u00e7\u0107\u010d\u010f\u0111\u00e8\u00e9\u00ea\u00eb\u0113\u0117"
    "\u0119\u011b\u011f\u00ec\u00ed\u00ee\u00ef\u012b\u0131\u0142\u00f1\u0144\u0148\u00f2\u00f3\u00f4\u00f5\u00f6\u00f8\u014d"
    "\u0151\u0159\u015b\u0161\u015f\u0165\u0163\u00f9\u00fa\u00fb\u00fc\u016b\u016f\u0171\u00fd\u00ff\u017a\u017c\u017e",
    "aaaaaaaaacccddeeeeeeeegiiiiiilnnnoooooooorsssttuuuuuuuyyzzz",
)
"""Latin letters with marks, and without."""

_AT_A_RIVER = (
    "(am|ander|an|a|ad)(main|rhein|neckar|inn|oder|odr|saale|sale|lahn|ruhr|donau|isar|lech|weser|elbe|spree|havel|mosel|see)$"
)
_CODE_AND_TOWN = r"^\s*([a-zA-Z]{1,2}[ -]+)?([0-9]{4,6})[ ,]+(\p{L}{3}.*)$"
_BEHIND_NUMBER = r"^([^,]*\p{L}[^,]*[0-9]\s*[a-zA-Z]?)\s*,.*$"
COUNTRY_CODE = r"^\+(" + "|".join(map(str, sorted(COUNTRY_CODE_TO_REGION_CODE, reverse=True))) + ")"
_IN_EMAIL = r"\p{L}\p{N}\p{M}\p{Cf}.!#$%*+'^_`~\-"
"""What an address may hold beside its @.  Signs that are legal and nobody has are written around addresses."""
_AROUND_EMAIL = r"^[^\p{L}\p{N}_@]*[wW]{3}\.|^[^\p{L}\p{N}_@]+|[^\p{L}\p{N}\p{M}]+$"
_ONE_EMAIL = f"[{_IN_EMAIL}]+@[{_IN_EMAIL}]+"
_ONE_NUMBER = r"\+?[0-9(][0-9 ().-]{6,}[0-9]"
EMAILS = (f"[^{_IN_EMAIL}@]+", _AROUND_EMAIL, "@")
_AROUND_NUMBER = r"[.,]0\s*$|[^0-9+()]+|\++[^0-9]*$"
CELLS = (
    ("email", *EMAILS),
    ("customer_id", *EMAILS),
    ("phone", r"[;,|\n\r]|\s/\s|/[0-9]{1,3}\s*$|\p{L}+[.:]*", _AROUND_NUMBER, "[0-9]{3}"),
    # A comma may part a number too.
    ("phone", r"[;|\n\r]|\s/\s|/[0-9]{1,3}\s*$|\p{L}+[.:]*", _AROUND_NUMBER, "[0-9]{3}"),
)
"""What parts the addresses in the cell of a column, what may stand around and within one, and what is one."""
_ODD_PHONE = r"[^0-9 ().+/-]|\s/\s|\+[^0-9]*$|/[0-9]{1,3}\s*$|\.0\s*$"
_DIGITS = ("".join(chr(zero + n) for zero in (0x660, 0x6F0, 0x966, 0xFF10) for n in range(10)) + "\uff0b", "0123456789" * 4 + "+")
"""Digits of other scripts, and Latin ones."""
_WORDS_BEFORE_KEYS = (
    r"(kunden?|kundin|customer|client|kd|(kd\.?|kunden)-?(nr|nummer)|nr|no|number|nummer|id|konto|account|member)"
)
KEYS = (
    r"[;,|\n\r\t\"'`()<>\[\]{}&+]+|^[a-zA-Z_]+:|\s+([uU]nd|[aA]nd|[oO]der|[oO]r|UND|AND|ODER|OR)\s+"
    rf"|^(?i:({_WORDS_BEFORE_KEYS}[.:]*\s+)+|{_WORDS_BEFORE_KEYS}\.)",
    "^[ :]+|[ :]+$",
)
"""What parts the keys in a cell, and what may stand around one."""


def mailbox(email: ir.StringValue) -> ir.StringValue:
    """A normalised e-mail address as the mailbox it ends in: other spellings of one address are one."""

    def without_dots(email: ir.StringValue) -> ir.Value:
        dotless = email.re_extract("^([^@]*)", 1).replace(".", "") + "@gmail.com"
        return ibis.ifelse(email.re_extract("@(.*)$", 1).isin(_ONE_MAILBOX), dotless, email)

    return cast(ir.StringValue, said_once(in_form(email, Form.MAIL_DOMAIN), without_dots))


def untagged_mailbox(email: ir.StringValue) -> ir.StringValue:
    """``mailbox`` without what stands behind a plus: who objects as ``ann+shop@`` is who reads ``ann@``."""
    return mailbox(cast(ir.StringValue, email.re_replace(r"\+[^@]*@", "@")))


def known_email(text: ir.StringValue) -> ir.StringValue:
    """By what an e-mail address is known again however it is written: the mailbox of the address, or of the first one in a
    cell that holds more; null when there is none."""
    one = plain_at(text).re_extract(_ONE_EMAIL, 0).re_replace(_AROUND_EMAIL, "")
    found = ibis.coalesce(normalised_email(text), normalised_email(cast(ir.StringValue, one)))
    return untagged_mailbox(cast(ir.StringValue, found))


def known_phone(text: ir.StringValue) -> ir.StringValue:
    """By what a telephone number is known again: as ``normalised_phone``, of the first number in a cell that holds more, and
    without the zero some leave behind the country code; null when there is none."""
    one = normalised_phone(cast(ir.StringValue, text.re_extract(_ONE_NUMBER, 0)))
    return without_trunk_zero(cast(ir.StringValue, ibis.coalesce(normalised_phone(text), one)))


def without_trunk_zero(phone: ir.StringValue) -> ir.StringValue:
    """A normalised number without the zero some leave behind the country code."""
    return cast(ir.StringValue, phone.re_replace(COUNTRY_CODE + "0+", r"+\1"))


def bare_key(key: ir.StringValue) -> ir.StringValue:
    """A key without anything but letters and digits, as ``looks``: what ``C-17``, ``c 17`` and ``{C_17}`` share."""
    whole = key.re_replace("^([0-9]+),0+$", r"\1").re_replace(_THOUSANDS, r"\1")
    return cast(ir.StringValue, looks(cast(ir.StringValue, whole.re_replace(r"[^\p{L}\p{N}]+", "").nullif(""))))


def without_marks(place: ir.StringValue) -> ir.StringValue:
    """``bare_place`` without accents, whether or not an umlaut is written with an e, and some words written out."""
    plain = place.translate(*_MARKED).re_replace("([aou])e", r"\1").replace("platz", "pl").replace("sankt", "st")
    return cast(ir.StringValue, plain.re_replace(_AT_A_RIVER, r"\2"))


def other_places(
    street: ir.StringValue, postal_code: ir.StringValue, city: ir.StringValue
) -> tuple[ir.BooleanValue, dict[str, ir.StringValue]]:
    """Whether a postal address is one in other columns, and these: the street without what is said behind the number of
    the house, code and town apart that stand in one column."""
    both = ibis.coalesce(postal_code.re_extract(_CODE_AND_TOWN, 0).nullif(""), city.re_extract(_CODE_AND_TOWN, 0).nullif(""))
    both = ibis.ifelse(postal_code.isnull() | city.isnull(), both, ibis.null("string"))
    told = {
        "street": street.re_replace(_BEHIND_NUMBER, r"\1"),
        "postal_code": ibis.coalesce(both.re_extract(_CODE_AND_TOWN, 2).nullif(""), postal_code),
        "city": ibis.coalesce(both.re_extract(_CODE_AND_TOWN, 3).nullif(""), city),
    }
    return both.notnull() | street.re_search(_BEHIND_NUMBER), told


def digest(text: ir.StringValue) -> ir.StringValue:
    """A text that is an MD5, SHA-1 or SHA-256 in hexadecimal, also with its name before it (``sha256:``); else null."""
    return cast(ir.StringValue, text.strip().lower().re_extract(_DIGEST, 2).nullif(""))


def address_digests(accounts: ir.Table) -> dict[str, ir.StringValue]:
    """``EMAIL_DIGESTS``, ``PHONE_DIGESTS`` and that of the postal address, of the forms ``accounts`` has them in."""
    texts = {name: accounts[name] for name in ("email", "mailbox", "phone", "phone_digits", "place")}
    texts |= {"phone_dialled": accounts.phone.re_replace(r"^\+", "00"), "phone_at_home": "0" + accounts.phone_national}
    digests = {f"{name}_digest": text.hexdigest("sha256") for name, text in texts.items()}
    others = {"email_md5": accounts.email.hexdigest("md5"), "phone_md5": accounts.phone.hexdigest("md5")}
    return cast(dict[str, ir.StringValue], digests | others | {"email_sha1": _sha1(accounts.email)})


_sha1 = engine_function("sha1", (dt.string,), dt.string)


def whole_domain(text: ir.StringValue) -> ir.StringValue:
    """The domain of ``@mail.test`` or ``*@mail.test``, by which lists name everybody there; null when it is something else."""
    return in_form(cast(ir.StringValue, text.strip().lower().re_extract(_WHOLE_DOMAIN, 1)), Form.MAIL_DOMAIN)


def is_several_emails(cell: ir.StringValue) -> ir.BooleanValue:
    """Whether a cell has more in it than an e-mail address written plainly."""
    return cast(ir.BooleanValue, cell.strip().re_search(f"{_AT}|{_COMMA_IN_DOMAIN}|{EMAILS[0]}|{_AROUND_EMAIL}"))


def is_several_phones(cell: ir.StringValue) -> ir.BooleanValue:
    """Whether a cell has more in it than a telephone number written plainly."""
    return cast(ir.BooleanValue, cell.re_search(_ODD_PHONE) & digest(cell).isnull())


def latin_digits(cell: ir.StringValue) -> ir.StringValue:
    """A text with the digits of other scripts as Latin ones."""
    return cast(ir.StringValue, cell.translate(*_DIGITS))


def plain_at(cell: ir.StringValue) -> ir.StringValue:
    """``ann (at) mail.test``, ``ann%40mail.test`` and ``ann@@mail,test`` as the address they are meant for."""
    return cast(ir.StringValue, cell.re_replace(_AT, "@").re_replace(_COMMA_IN_DOMAIN, r"\1.\2"))


def is_several_keys(cell: ir.StringValue) -> ir.BooleanValue:
    """Whether a cell that is no address has more in it than a key: several, or one within quotes and brackets."""
    return cast(ir.BooleanValue, cell.re_search(KEYS[0]) & ~cell.contains("@") & ~cell.re_search(_THOUSANDS))
