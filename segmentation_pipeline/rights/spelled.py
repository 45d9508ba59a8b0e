"""Every form in which files may bring an address of an erased person again."""

from __future__ import annotations

import hashlib

from phonenumbers import country_code_for_region

from segmentation_pipeline.privacy.tombstones import Kind


def spellings_of(kind: Kind, value: str, written: str, region: str | None) -> list[str]:
    """The forms of an e-mail address or telephone number to mark: plain ones, and the digests ledgers may name them by.

    ``value`` is what it is known again by (``known_email``, ``known_phone``), ``written`` the normalised address.  With
    ``region``, the country of numbers that name none, a number is known with and without its country's code.
    """
    forms = [value, written]
    if kind is Kind.PHONE:
        code = "" if region is None else str(country_code_for_region(region))
        if code and value.startswith(f"+{code}"):
            forms.append(f"0{value.removeprefix(f'+{code}')}")
        elif code and value.startswith("0"):
            forms.append(f"+{code}{value.lstrip('0')}")
        forms += [form.removeprefix("+") for form in forms]
    plain = list(dict.fromkeys(forms))
    digests = ("sha256", "md5", "sha1") if kind is Kind.EMAIL else ("sha256",)
    return plain + [hashlib.new(name, form.encode()).hexdigest() for name in digests for form in plain]
