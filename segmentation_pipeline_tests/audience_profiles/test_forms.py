"""Every spelling a platform asks for, and the digests the platforms publish."""

from __future__ import annotations

from hashlib import sha256

import pytest

from segmentation_pipeline.audience_profiles import forms
from segmentation_pipeline.config.schema import FORMS
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.privacy.addresses import normalised_email, normalised_phone

ENGINE = DuckDBEngine(None)

PUBLISHED = (
    # Meta, customer information parameters
    ("phone", "digits", "+16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("email", "plain", "john_smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ("first_name", "letters", "Valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    # TikTok, create a custom audience with a customer file
    ("email", "plain", "janedoe@gmail.com", "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"),
)


def written(field, form, text, digest=None):
    table = ENGINE.memtable({"text": [text]}, {"text": "string"})
    [row] = ENGINE.rows(table.select(text=forms.spelled(table.text, field, form, digest)))
    return row["text"]


@pytest.mark.parametrize(("field", "form", "text", "digest"), PUBLISHED)
def test_the_digests_platforms_publish(field, form, text, digest):
    assert written(field, form, text, "sha256") == digest


def test_a_letter_of_two_code_points_has_the_digest_of_one():
    assert written("first_name", "letters", "Vale\u0301ry", "sha256") == PUBLISHED[2][3]
    assert written("first_name", "letters", "MARY", "sha256").startswith("6915771b")


@pytest.mark.parametrize(
    ("field", "form", "text", "expected"),
    [
        ("email", "without_gmail_dots", "j.o.hn+shop@gmail.com", "john@gmail.com"),
        ("email", "without_gmail_dots", "j.doe@googlemail.com", "jdoe@googlemail.com"),
        ("email", "without_gmail_dots", "j.doe+shop@mail.test", "j.doe+shop@mail.test"),
        ("email", "without_gmail_dots", "j.doe@notgmail.com", "j.doe@notgmail.com"),
        ("email", "without_suffix", "j.doe+a+b@mail.test", "j.doe@mail.test"),
        ("email", "without_suffix_and_dots", "j.doe+a@mail.test", "jdoe@mail.test"),
        ("email", "ascii", "j.doe@mail.test", "j.doe@mail.test"),
        ("email", "ascii", "jörg@mail.test", None),
        ("phone", "e164", "+4930123456", "+4930123456"),
        ("phone", "e164", "030123456", None),
        ("phone", "digits", "+4930123456", "4930123456"),
        ("phone", "digits", "030123456", None),
        ("first_name", "lower", " Anna-Lena ", "anna-lena"),
        ("last_name", "letters", "O'Hara-Ødegård, Jr.", "oharaødegård jr"),
        ("postal_code", "letters", "SW1A 1AA", "sw1a1aa"),
        ("postal_code", "plain", "01067", "01067"),
        ("city", "letters", "St. Gallen", "stgallen"),
        ("country", "lower", "DE", "de"),
        ("country", "upper", "de", "DE"),
        ("country", "upper", "Germany", None),
    ],
)
def test_every_form(field, form, text, expected):
    assert written(field, form, text) == expected


@pytest.mark.parametrize("field", sorted(FORMS))
def test_nothing_is_never_hashed(field):
    for form in FORMS[field]:
        assert written(field, form, None, "sha256") is None
        assert written(field, form, "", "sha256") is None
    assert written("last_name", "letters", "...", "sha256") is None, "of a name of signs alone nothing is left"


def test_every_form_that_a_profile_may_name_is_made():
    assert {field: tuple(made) for field, made in forms._FORMS.items()} == FORMS


def test_one_digest_for_all_platforms_would_match_nobody_on_some():
    phone = {form: written("phone", form, "+16505551212", "sha256") for form in ("e164", "digits")}
    email = {form: written("email", form, "j.doe@gmail.com", "sha256") for form in ("plain", "without_gmail_dots")}
    assert len({*phone.values(), *email.values()}) == 4
    assert phone["e164"] == sha256(b"+16505551212").hexdigest()


def test_what_reaches_a_form_is_normalised():
    table = ENGINE.memtable({"e": [" J.Doe@GMAIL.com "], "p": ["0049 (0)30 123456"]}, {"e": "string", "p": "string"})
    made = table.select(
        e=forms.spelled(normalised_email(table.e), "email", "without_gmail_dots", "sha256"),
        p=forms.spelled(normalised_phone(table.p), "phone", "digits", "sha256"),
    )
    assert ENGINE.rows(made) == [
        {"e": sha256(b"jdoe@gmail.com").hexdigest(), "p": sha256(b"4930123456").hexdigest()},
    ]
