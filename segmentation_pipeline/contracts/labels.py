"""Every label once: tables, rules, campaigns and docs import the names from here."""

from __future__ import annotations

import re
from enum import StrEnum


class RfmSegment(StrEnum):
    """The eleven customary RFM segments."""

    CHAMPIONS = "champions"
    LOYAL = "loyal"
    POTENTIAL_LOYALISTS = "potential_loyalists"
    NEW_CUSTOMERS = "new_customers"
    PROMISING = "promising"
    NEED_ATTENTION = "need_attention"
    ABOUT_TO_SLEEP = "about_to_sleep"
    AT_RISK = "at_risk"
    CANNOT_LOSE_THEM = "cannot_lose_them"
    HIBERNATING = "hibernating"
    LOST = "lost"


class UpliftGroup(StrEnum):
    """Whom a message makes order, who orders or does not whatever is sent, and whom a message puts off."""

    PERSUADABLE = "persuadable"
    SURE_THING = "sure_thing"
    LOST_CAUSE = "lost_cause"
    DO_NOT_DISTURB = "do_not_disturb"


class ClvModelKind(StrEnum):
    """The models of how often customers buy, one of which is behind a day's lifetime values."""

    BG_NBD = "bg_nbd"
    PARETO_NBD = "pareto_nbd"
    NBD = "nbd"
    PARETO_NBD_PRIOR = "pareto_nbd_prior"
    HISTORICAL_RATE = "historical_rate"


class Arm(StrEnum):
    """Who is contacted and who is kept out for comparison.

    ``TREATMENT`` is whom a campaign without arms of its own contacts, and what comes of whoever is contacted in any arm.
    """

    TREATMENT = "treatment"
    HOLDOUT = "holdout"


ARM_WORDS = {
    Arm.HOLDOUT: (
        "holdout",
        "holdoutgroup",
        "heldout",
        "keptout",
        "control",
        "controlgroup",
        "controls",
        "kontrolle",
        "kontrollgruppe",
        "groupetemoin",
        "grupodecontrol",
    ),
    Arm.TREATMENT: ("treatment", "treatmentgroup", "treated", "contacted"),
}
"""What files call the two, in lower case and without blanks, dots and dashes.  No arm of a campaign may be called so."""


def arm_read_as(arm: str) -> str:
    """The arm as it is called once a file is read: in lower case, and words for those kept out or contacted are one."""
    name = arm.strip().lower()
    bare = re.sub(r"[\s._-]+", "", name)
    return next((known.value for known, words in ARM_WORDS.items() if bare in words), name)


class FunnelStep(StrEnum):
    """The gates of a campaign in order; everyone left out is counted at exactly one.

    ``EXPORTED`` stops nobody: it counts who is left, the people in the audience file.
    """

    RULE = "rule"
    ADDRESS = "address"
    CONSENT = "consent"
    SUPPRESSION = "suppression"
    REPEAT = "repeat"
    RECENT_CONTACT = "recent_contact"
    GLOBAL_HOLDOUT = "global_holdout"
    CAP = "cap"
    NO_GAIN = "no_gain"
    SAME_HOUSEHOLD = "same_household"
    SAME_ADDRESS = "same_address"
    LOST_TO = "lost_to"
    ADDRESS_SHARED = "address_shared"
    LIMIT = "limit"
    BUDGET = "budget"
    HOLDOUT = "holdout"
    EXPORTED = "exported"


OUTLIER = "outlier"
"""The segment of customers far from every cluster."""


class ClusterChange(StrEnum):
    """What became of a cluster when a new model took over."""

    KEPT = "kept"
    SPLIT = "split"
    MERGED = "merged"
    BORN = "born"
    DIED = "died"
