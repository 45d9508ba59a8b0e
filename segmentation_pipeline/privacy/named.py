"""Whom a row of a ledger means: the accounts that have the key or the address it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.text import Form, in_form, looks
from segmentation_pipeline.privacy.addresses import (
    bare_address,
    bare_code,
    bare_place,
    bare_street,
    normalised_email,
    normalised_phone,
)
from segmentation_pipeline.privacy.by_key import GIVEN, Stage, names_an_address
from segmentation_pipeline.privacy.spellings import (
    CELLS,
    COUNTRY_CODE,
    EMAIL_DIGESTS,
    KEYS,
    PHONE_DIGESTS,
    address_digests,
    bare_key,
    digest,
    is_several_emails,
    is_several_keys,
    is_several_phones,
    latin_digits,
    other_places,
    plain_at,
    untagged_mailbox,
    whole_domain,
    without_marks,
)

_COUNTRY_CODE_AND_ZEROS = COUNTRY_CODE.replace(r"\+", r"\+?") + "0+"
_SAME_PHONE = (
    ("digits", "phone_digits"),
    # One of the two lacks its country code, or has it without the plus.
    ("national_alone", "phone_national"),
    ("national", "phone_national_alone"),
)
_SPELLED_NUMBER = (
    ("phone_digits", "phone_digits"),
    ("phone_national_alone", "phone_national"),
    ("phone_national", "phone_national_alone"),
)
_SPELLED_PLACE = (("place_by_code", "place_by_code"),)
_SPELLED_EMAIL = (("mailbox", "mailbox"),)
"""Forms that addresses of two accounts share when they are one."""
_SPELLED = (
    ("email", "email", _SPELLED_EMAIL),
    ("ads", "email", _SPELLED_EMAIL),
    ("sms", "phone", _SPELLED_NUMBER),
    ("post", "place", _SPELLED_PLACE),
)
"""Channels, the column of an account that holds its address, and these."""
_BY_KEY = (
    ("key_looks", "account_looks"),
    ("key_bare", "account_bare"),
    ("key_mailbox", "mailbox"),
    ("key_domain", "email_domain"),
    *((f"key_{form}", known) for form, known in _SAME_PHONE),
    *(("key_digest", digest_of) for digest_of in (*EMAIL_DIGESTS, *PHONE_DIGESTS)),
)
"""Forms of a key that is no account's own, and what of an account they are compared with."""
_BY_ADDRESS = (
    ("named_mailbox", "mailbox"),
    ("named_domain", "email_domain"),
    *(("email_digest", digest_of) for digest_of in EMAIL_DIGESTS),
    *((f"phone_{form}", known) for form, known in _SAME_PHONE),
    *(("phone_digest", digest_of) for digest_of in PHONE_DIGESTS),
    ("by_code", "place_by_code"),
    ("by_city", "place_by_city"),
    ("street_digest", "place_digest"),
)
"""Forms of an address beside a key."""
_BY_EMAIL = (("named_email", "email"), ("email_digest", "email_digest"))
_OF_A_GRANT = {
    "email": _BY_EMAIL,
    "ads": _BY_EMAIL,
    "sms": (("named_phone", "phone"), ("phone_digest", "phone_digest"), ("phone_digest", "phone_digits_digest")),
    "post": (("named_place", "place"), ("street_digest", "place_digest")),
}
"""The forms a grant may name an address in: as it is used, or its digest."""


def with_forms(accounts: ir.Table, stage: Stage) -> ir.Table:
    """``accounts.accounts`` with every form in which a ledger may name one of them."""
    digits = _digits(accounts.phone)
    forms = accounts.mutate(
        account_looks=looks(accounts.account),
        account_bare=bare_key(accounts.account),
        mailbox=untagged_mailbox(accounts.email),
        email_domain=in_form(cast(ir.StringValue, accounts.email.re_extract("@(.*)$", 1)), Form.MAIL_DOMAIN),
        phone_digits=digits,
        place_by_code=without_marks(accounts.place_by_code),
        place_by_city=without_marks(accounts.place_by_city),
        **_nationals("phone_", accounts.phone),
    )
    return stage(forms.mutate(**address_digests(forms)))


def named_accounts(named: ir.Table, accounts: ir.Table, stage: Stage) -> ir.Table:
    """``named`` with ``customer_id`` replaced by the accounts it means: a no must find whom it is about.

    ``accounts`` is ``with_forms``.  A key is the account's own; else one that looks like it (capitals, leading zeros,
    letters of another script, blanks and punctuation); else an address in place of a key.  An e-mail address, signs
    without room in it or not, telephone number or postal address beside it, plain or as SHA-256, means every account that
    has it; an e-mail address also as MD5 or SHA-1, and every account whose mail comes to the same mailbox; ``@mail.test`` every
    account there.  Of telephone
    numbers without a country code the rest is compared; of postal addresses the street and the postal code, or the town
    where the row gives no code.  A row comes once for each account it means; one that means nobody is left out.
    """
    named = _one_address_each(named, accounts, stage)
    exact = named.semi_join(accounts, named.customer_id == accounts.account)
    other = named.anti_join(accounts, named.customer_id == accounts.account).filter(ibis._.customer_id.notnull())
    asked = _each_form(_key_forms(other), _BY_KEY, named.columns).union(
        _each_form(_address_forms(named), _BY_ADDRESS, named.columns)
    )
    meant = _meant(asked, accounts)
    return exact.union(meant.mutate(customer_id=meant._account).select(*named.columns), distinct=True)


def at_their_addresses(noes: ir.Table, accounts: ir.Table, stage: Stage) -> ir.Table:
    """``noes`` (by accounts, with ``channel``, null = all) and, on the channel of the address, the same noes of every account
    that has an address of theirs in another spelling.

    ``accounts`` is ``with_forms``.  Equal spellings need none: the gate looks at the address.
    """
    names = {name: None for _, column, pairs in _SPELLED for name in (column, *(form for pair in pairs for form in pair))}
    own = accounts.select(_own="account", **{f"own_{name}": name for name in names})
    known = stage(noes.inner_join(own, noes.customer_id == own._own))
    parts = [noes]
    for channel, column, pairs in _SPELLED:
        rows = known.filter(known.channel.isnull() | (known.channel == channel)).mutate(channel=ibis.literal(channel))
        others = accounts.select(_account="account", _other=column, **{f"other_{name}": name for name in {n for _, n in pairs}})
        for one, other in pairs:
            found = rows.inner_join(
                others, (rows[f"own_{one}"] == others[f"other_{other}"]) & (rows[f"own_{column}"] != others._other)
            )
            parts.append(found.mutate(customer_id=found._account).select(*noes.columns))
    return stage(ibis.union(*parts, distinct=True))


def granted_accounts(grants: ir.Table, accounts: ir.Table, stage: Stage) -> ir.Table:
    """``grants`` (``ledger.consent_events`` with status granted) by the accounts they count for.

    ``accounts`` is ``with_forms``.  A grant that names an address counts for accounts that have it, and on the channel it
    is an address of; with a customer beside it for that person's accounts only.  One that names only a customer counts
    for that account.
    """
    given = names_an_address(grants)
    rows = _address_forms(grants.filter(given))
    # A grant without a channel is one of each.
    of_channel = {channel: rows.channel.isnull() | (rows.channel == channel) for channel in GIVEN}
    asked = _each_form(
        rows.mutate(
            **{
                f"{channel}_{form}": ibis.ifelse(of_channel[channel], rows[form], ibis.null("string"))
                for channel, pairs in _OF_A_GRANT.items()
                for form, _ in pairs
            }
        ),
        [(f"{channel}_{form}", known, channel) for channel, pairs in _OF_A_GRANT.items() for form, known in pairs],
        grants.columns,
    )
    whose = accounts.select(_named="account", _person="customer_id")
    found = _meant(asked, accounts).left_join(whose, ibis._.customer_id == whose._named)
    own = found.customer_id.isnull() | (found._person == found._whose).fill_null(False)
    by_address = found.filter(own).mutate(customer_id=found._account, channel=found._of).select(*grants.columns)
    by_key = rows.filter(rows.customer_id.notnull())
    alone = ibis.array(
        [
            ibis.ifelse(of_channel[channel] & rows[column].isnull(), ibis.literal(channel), ibis.null("string"))
            for channel, column in GIVEN.items()
        ]
    )
    without = by_key.mutate(channel=alone.unnest()).filter(ibis._.channel.notnull()).select(*grants.columns)
    other = by_key.filter(by_key.channel.notin(list(GIVEN))).select(*grants.columns)
    return grants.filter(~given).union(stage(ibis.union(other, without, by_address, distinct=True)))


def _one_address_each(named: ir.Table, accounts: ir.Table, stage: Stage) -> ir.Table:
    """``named`` and, of rows that give several addresses or keys in one cell or more than that, a row for each."""
    rows = [named]
    for column, between, around, is_one in CELLS:
        is_phone = column == "phone"
        odd = named.filter(is_several_phones(named.phone) if is_phone else is_several_emails(named[column]))
        cells = latin_digits(odd.phone) if is_phone else plain_at(odd[column])
        pieces = odd.mutate(_piece=cells.re_split(between).unnest())
        single = pieces.mutate(_piece=pieces._piece.re_replace(around, ""))
        rows.append(single.filter(single._piece.re_search(is_one)).mutate(**{column: ibis._._piece}).select(*named.columns))
    lives, place = other_places(named.street, named.postal_code, named.city)
    rows.append(named.filter(lives).mutate(**place))
    between, around = KEYS
    # What is somebody's key as it stands is no list of other people's.
    odd = named.filter(is_several_keys(named.customer_id))
    odd = odd.anti_join(accounts, looks(odd.customer_id) == accounts.account_looks)
    pieces = odd.mutate(_piece=odd.customer_id.re_split(between).unnest())
    keys = pieces.mutate(customer_id=pieces._piece.re_replace(around, "").nullif(""))
    rows.append(keys.filter(keys.customer_id.notnull()).select(*named.columns))
    return stage(ibis.union(*rows))


def _each_form(forms: ir.Table, pairs: Sequence[tuple[str, ...]], columns: Sequence[str]) -> ir.Table:
    """Each row once for every form of it that is there: ``columns``, ``_form``, ``_known`` (what of an account has that
    form) and, of grants, ``_of`` (the channel).  ``pairs`` are columns of ``forms`` with these two."""
    each = ibis.array(
        [
            ibis.struct({"form": forms[form], "known": ibis.literal(known), "of": ibis.literal(of[0] if of else None, "string")})
            for form, known, *of in pairs
        ]
    )
    rows = forms.select(*columns, _each=each.unnest())
    rows = rows.select(*columns, _form=rows._each["form"], _known=rows._each["known"], _of=rows._each["of"])
    return rows.filter(rows._form.notnull())


def _meant(asked: ir.Table, accounts: ir.Table) -> ir.Table:
    """Rows of ``_each_form`` once for each account of the same form: ``_account``, ``_whose`` (its person)."""
    pairs = [*_BY_KEY, *_BY_ADDRESS, *(pair for pairs in _OF_A_GRANT.values() for pair in pairs)]
    known = accounts.mutate(_account=accounts.account, _whose=accounts.customer_id)
    forms = _each_form(known, [(name, name) for name in dict.fromkeys(known for _, known in pairs)], ["_account", "_whose"])
    return asked.inner_join(forms.drop("_of"), ["_known", "_form"])


def _key_forms(named: ir.Table) -> ir.Table:
    key = named.customer_id
    email = normalised_email(key)
    rows = named.mutate(key_looks=looks(key), key_bare=bare_key(key), _email=email, _phone=normalised_phone(key))
    digits, mailbox = _digits(rows._phone), untagged_mailbox(rows._email)
    forms = {
        "key_domain": whole_domain(rows.customer_id),
        "key_digits": digits,
        "key_mailbox": mailbox,
        "key_digest": digest(rows.customer_id),
    }
    return rows.mutate(**forms, **_nationals("key_", rows._phone))


def _address_forms(named: ir.Table) -> ir.Table:
    rows = named.mutate(_email=in_form(named.email, Form.KEY), named_phone=normalised_phone(named.phone))
    street, code, city = bare_street(rows.street), bare_code(rows.postal_code), bare_place(rows.city)
    return rows.mutate(
        named_email=normalised_email(rows._email),
        named_mailbox=untagged_mailbox(normalised_email(rows._email)),
        named_domain=whole_domain(rows._email),
        email_digest=digest(rows._email),
        phone_digits=_digits(rows.named_phone),
        phone_digest=digest(rows.phone),
        named_place=bare_address(rows.street, rows.postal_code, rows.city),
        by_code=without_marks(cast(ir.StringValue, street + "|" + code)),
        by_city=without_marks(_unless(code.notnull(), cast(ir.StringValue, street + "|" + city))),
        street_digest=digest(rows.street),
        **_nationals("phone_", rows.named_phone),
    )


def _nationals(prefix: str, phone: ir.StringValue) -> dict[str, ir.StringValue]:
    """A normalised number without country code and leading zeros, and the same of numbers without country code alone."""
    national = cast(ir.StringValue, phone.re_replace(COUNTRY_CODE, "").re_replace("^0+", ""))
    alone = _unless(phone.startswith("+"), national)
    return {f"{prefix}national": national, f"{prefix}national_alone": alone}


def _digits(phone: ir.StringValue) -> ir.StringValue:
    """A normalised number without plus, and without the zero some leave behind the country code."""
    return cast(ir.StringValue, phone.re_replace(_COUNTRY_CODE_AND_ZEROS, r"\1").replace("+", ""))


def _unless(condition: ir.BooleanValue, text: ir.StringValue) -> ir.StringValue:
    return cast(ir.StringValue, condition.ifelse(ibis.null("string"), text))
