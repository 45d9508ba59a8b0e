"""Whom a row of a ledger means: the accounts that have the key or the address it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import ibis
import ibis.expr.types as ir
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from segmentation_pipeline.contracts.text import Form as TextForm
from segmentation_pipeline.contracts.text import in_form, looks
from segmentation_pipeline.privacy.accounts import ADDRESS
from segmentation_pipeline.privacy.addresses import bare_address, bare_place, bare_street, normalised_email, normalised_phone

KEY = TextForm.KEY
_SHA256 = r"^[0-9a-f]{64}$"
_COUNTRY_CODE = r"^\+(" + "|".join(map(str, sorted(COUNTRY_CODE_TO_REGION_CODE, reverse=True))) + ")"
_GIVEN = {"email": "email", "sms": "phone", "post": "street"}
"""The column of a ledger that names an address of the channel."""

Form = tuple[ir.StringValue, ir.StringValue]
"""What a row names, and what of an account it is compared with; null = not in this form."""


def named_accounts(named: ir.Table, accounts: ir.Table) -> ir.Table:
    """``named`` with ``customer_id`` replaced by the accounts it means: a no must find whom it is about.

    A key is the account's own; else one that looks like it (capitals, leading zeros, letters of another script); else
    an address in place of a key.  An e-mail address, signs without room in it or not, telephone number or postal address beside it, plain or as SHA-256, means every account that has it.  Of telephone numbers
    without a country code the rest is compared; of postal addresses the street and the postal code, or the town
    where the row gives no code.  A row comes once for each account it means; one that means nobody is left out.
    """
    exact = named.semi_join(accounts, named.customer_id == accounts.account)
    other = named.anti_join(accounts, named.customer_id == accounts.account).filter(ibis._.customer_id.notnull())
    key = other.customer_id
    in_place_of_a_key = [(looks(key), looks(accounts.account)), *_same_email(key, accounts), *_same_phone(key, accounts)]
    parts = [exact, *(_joined(other, form, accounts) for form in in_place_of_a_key)]
    email = in_form(named.email, KEY)
    beside = [*_same_email(email, accounts), *_same_phone(named.phone, accounts), *_same_place(named, accounts)]
    parts += [_joined(named, form, accounts) for form in beside]
    return ibis.union(*parts, distinct=True)


def granted_accounts(grants: ir.Table, accounts: ir.Table) -> ir.Table:
    """``grants`` (``ledger.consent_events`` with status granted) by the accounts they count for.

    A grant that names an address counts for accounts that have it, and on the channel it is an address of; with a
    customer beside it for that person's accounts only.  One that names only a customer counts for that account.
    """
    given = [grants[column].notnull() for column in _GIVEN.values()]
    by_key = grants.filter(~ibis.or_(*given))
    addressed = grants.filter(ibis.or_(*given))
    parts = [by_key, addressed.filter(addressed.channel.notin(list(_GIVEN)), addressed.customer_id.notnull())]
    whose = accounts.select(_named="account", _person="customer_id")
    for channel, column in _GIVEN.items():
        rows = addressed.filter(addressed.channel.isnull() | (addressed.channel == channel)).mutate(channel=ibis.literal(channel))
        parts.append(rows.filter(rows[column].isnull(), rows.customer_id.notnull()))
        of_address = rows.filter(rows[column].notnull())
        for form in _same_address(channel, of_address, accounts):
            found = _meant(of_address, form, accounts).left_join(whose, ibis._.customer_id == whose._named)
            own = found.customer_id.isnull() | (found._person == found._whose).fill_null(False)
            parts.append(found.filter(own).mutate(customer_id=found._account).select(*grants.columns))
    return ibis.union(*parts, distinct=True)


def _joined(named: ir.Table, form: Form, accounts: ir.Table) -> ir.Table:
    found = _meant(named, form, accounts)
    return found.mutate(customer_id=found._account).select(*named.columns)


def _meant(named: ir.Table, form: Form, accounts: ir.Table) -> ir.Table:
    """``named`` once for each account of the same form: ``_account``, ``_whose`` (its person)."""
    text, of_account = form
    asked = named.mutate(_key=text).filter(ibis._._key.notnull())
    meant = accounts.select(_key=of_account, _account="account", _whose="customer_id").filter(ibis._._key.notnull())
    return asked.inner_join(meant, "_key")


def _same_address(channel: str, named: ir.Table, accounts: ir.Table) -> Iterator[Form]:
    """The forms a grant may name an address in: as it is used, or its digest."""
    if channel == "email":
        yield from _same_email(named.email, accounts)
    elif channel == "sms":
        yield normalised_phone(named.phone), accounts.phone
        yield from _same_digest(named.phone, accounts.phone)
    else:
        yield bare_address(named.street, named.postal_code, named.city), accounts[ADDRESS["post"]]
        yield from _same_digest(named.street, accounts[ADDRESS["post"]])


def _same_email(text: ir.StringValue, accounts: ir.Table) -> Iterator[Form]:
    yield normalised_email(text), accounts.email
    yield from _same_digest(text, accounts.email)


def _same_phone(text: ir.StringValue, accounts: ir.Table) -> Iterator[Form]:
    asked, known = normalised_phone(text), accounts.phone
    yield asked.replace("+", ""), known.replace("+", "")
    # One of the two lacks its country code, or has it without the plus.
    yield _unless(asked.startswith("+"), _national(asked)), _national(known)
    yield _national(asked), _unless(known.startswith("+"), _national(known))
    yield from _same_digest(text, known)
    yield from _same_digest(text, known.replace("+", ""))


def _same_place(named: ir.Table, accounts: ir.Table) -> Iterator[Form]:
    by_code = bare_street(named.street) + "|" + bare_place(named.postal_code)
    by_city = bare_street(named.street) + "|" + bare_place(named.city)
    yield by_code, accounts.place_by_code
    yield _unless(bare_place(named.postal_code).notnull(), by_city), accounts.place_by_city
    yield from _same_digest(named.street, accounts.place)


def _same_digest(text: ir.StringValue, known: ir.StringValue) -> Iterator[Form]:
    digest = in_form(text, KEY).lower()
    yield digest.re_search(_SHA256).ifelse(digest, ibis.null("string")), known.hexdigest("sha256")


def _unless(condition: ir.BooleanValue, text: ir.StringValue) -> ir.StringValue:
    return cast(ir.StringValue, condition.ifelse(ibis.null("string"), text))


def _national(phone: ir.StringValue) -> ir.StringValue:
    """A normalised number without country code and leading zeros."""
    return cast(ir.StringValue, phone.re_replace(_COUNTRY_CODE, "").re_replace("^0+", ""))
