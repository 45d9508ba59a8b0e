"""The words ledgers use for channels, purposes and statuses, and what each of them means.

Belongs here: one text to one meaning.  What follows from it for a person is decided in ``ledger.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema.campaigns import AD_AUDIENCES

GRANTED = "granted"
WITHDRAWN = "withdrawn"
"""The two a consent event is read as."""
EVERYTHING = "all"
"""The meaning of a channel or purpose that names every one."""
UNKNOWN = "unknown"
"""The meaning of a word nobody declared, and of none at all."""

MARKETING = "marketing"
PROFILING = "profiling"
"""The purpose of an objection to profiling (GDPR article 21): it leaves no purpose of marketing either."""

_EVERYTHING = ("all", "any", "every", "everything", "global", "alle", "*")

ADS = "ads"
"""The channel of lists for ad platforms."""
SALE_OR_SHARE = "sale_or_share"
"""The purpose of an opt-out of sale and sharing (CCPA 1798.120; Global Privacy Control): it leaves no ad audience."""
_SALE_OR_SHARE = ("sale_or_share", "donotsell", "donotsellorshare", "gpc", "globalprivacycontrol")

CHANNELS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "emails", "mail", "newsletter"),
    "sms": ("sms", "text", "textmessage"),
    "post": ("post", "letter", "postal", "postalmail", "directmail", "print"),
    "phone": ("phone", "call", "telephone"),
    "push": ("push", "pushnotification"),
    ADS: ("ads", "adplatforms", "adaudiences", "customaudiences"),
}
"""What a grant may call them, without blanks, dots and dashes."""
_SAYS_MORE = ("mail", "newsletter", "text")
"""Words that name a channel well enough to grant it, but may mean others too when somebody objects."""
PURPOSES: Mapping[str, tuple[str, ...]] = {
    MARKETING: (MARKETING,),
    "surveys": ("surveys", "survey"),
    PROFILING: ("profiling",),
    AD_AUDIENCES: ("ad_audiences",),
    SALE_OR_SHARE: _SALE_OR_SHARE,
}
_SURELY_GRANTED = ("granted", "grant", "optin", "optedin", "subscribed", "consented")
_NO_PART_OF_A_WORD = r"[\s._-]+"


def channel_granted(text: ir.StringValue) -> ir.StringValue:
    """The channel a grant names: one of ``CHANNELS``, ``EVERYTHING`` or ``UNKNOWN``, never null.

    Case, blanks, dots and dashes do not matter: ``E-Mail`` is ``email``.
    """
    return _meant(text, CHANNELS)


def channel_objected_to(text: ir.StringValue) -> ir.StringValue:
    """The channel a withdrawal names, as ``channel_granted``; ``UNKNOWN`` where the word may mean others too."""
    return _bare(text).isin(_SAYS_MORE).fill_null(False).ifelse(UNKNOWN, channel_granted(text))


def purpose_meant(text: ir.StringValue, declared: tuple[str, ...] = ()) -> ir.StringValue:
    """The purpose a text names, as ``channel_granted``; ``declared`` are purposes beside ``PURPOSES``."""
    return _meant(text, {**PURPOSES, **{name: (name,) for name in declared}})


def of_sale_or_share(channel: ir.StringValue, purpose: ir.StringValue, declared: tuple[str, ...] = ()) -> ir.BooleanValue:
    """Whether an objection is to sale and sharing alone, which some ledgers write where others write the channel.

    With ``all`` purposes beside it, or none that is known, it may mean more.
    """
    words = [_bare_word(word) for word in _SALE_OR_SHARE]
    narrow = purpose_meant(purpose, declared).notin([EVERYTHING, UNKNOWN])
    return _bare(purpose).isin(words).fill_null(False) | (_bare(channel).isin(words).fill_null(False) & narrow)


def objects_to_profiling(channel: ir.StringValue, purpose: ir.StringValue) -> ir.BooleanValue:
    """Whether a word of an objection's purpose, or of its channel, where some ledgers write it, is profiling."""
    words = rf"(^|[^a-z]){PROFILING}($|[^a-z])"
    said = (text.lower().re_search(words).fill_null(False) for text in (channel, purpose))
    return cast(ir.BooleanValue, ibis.or_(*said))


def surely_granted(status: ir.StringValue) -> ir.BooleanValue:
    """Whether a status, read or not, cannot mean a withdrawal; false when there is none.

    A sign before or behind the word (``-granted``) may take it back.
    """
    a_word = status.lower().re_search(r"^\s*[a-z].*[a-z]\s*$")
    return cast(ir.BooleanValue, (_bare(status).isin(_SURELY_GRANTED) & a_word).fill_null(False))


def _meant(text: ir.StringValue, words: Mapping[str, tuple[str, ...]]) -> ir.StringValue:
    bare = _bare(text)
    spelled = {meaning: [_bare_word(word) for word in spellings] for meaning, spellings in words.items()}
    branches = [(bare.isin(spellings), meaning) for meaning, spellings in spelled.items()]
    return ibis.cases((bare.isin(_EVERYTHING), EVERYTHING), *branches, else_=UNKNOWN)


def _bare(text: ir.StringValue) -> ir.StringValue:
    # Signs and letters of any script stay: what they add may turn a yes into a no.
    return cast(ir.StringValue, text.lower().re_replace(_NO_PART_OF_A_WORD, ""))


def _bare_word(text: str) -> str:
    return re.sub(_NO_PART_OF_A_WORD, "", text.lower())
