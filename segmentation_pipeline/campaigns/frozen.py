"""Which lists a run makes: what was sent stays as it was sent.

A list is frozen once a later day has run, once it was delivered to a destination, or when it was sealed: its files and its
rows in ``campaign_audiences``, ``campaign_funnel`` and ``audience_files`` stay, whatever happens to files or configuration.
The clock plays no part.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from segmentation_pipeline.campaigns.lists import AudienceList
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.errors import UserError


class ReissueError(UserError):
    """There is no frozen list to write a new version of."""


def why_left(as_of: date, days_run: Collection[date], *, wanted: bool, sealed: bool = False) -> str | None:
    """Why a run of ``as_of`` leaves the day's audiences as they are, or None when it makes them.

    ``days_run``: every day that was published or has audience files; ``wanted``: False for the days
    of a backfill before its last; ``sealed``: whether the whole day was.
    """
    newest = max(days_run, default=as_of)
    if newest > as_of:
        return f"a later day, {newest}, has run: audiences of {as_of} are neither made nor changed"
    if sealed:
        return f"the audiences of {as_of} are sealed: they are neither made nor changed"
    if not wanted:
        return f"only the last day of a backfill makes audiences: those of {as_of} are neither made nor changed"
    return None


@dataclass(frozen=True, slots=True)
class Makes:
    """What one run makes of its day: ``versions`` by campaign; ``kept`` are the day's lists that stay as they are."""

    versions: Mapping[str, int]
    kept: frozenset[AudienceList]


def what_is_made(
    config: Config,
    as_of: date,
    *,
    left: str | None,
    lists: Collection[AudienceList],
    handed_over: Collection[AudienceList],
    reissue: Collection[str],
) -> Makes:
    """The lists a run of ``as_of`` makes, and those it leaves.

    ``lists`` are those on disk, ``handed_over`` those sealed or delivered.  A campaign whose list of the day is frozen
    under any of its names is made only as a new version, when ``reissue`` names it.  Raises ``ReissueError`` for a
    campaign of ``reissue`` that has no frozen list of the day.
    """
    keys = config.campaign_keys
    today = [each for each in (*lists, *handed_over) if each.as_of == as_of]
    stays = [each for each in today if left is not None or each in handed_over or each.version > 1]
    frozen: dict[str, int] = {}
    for each in stays:
        key = keys.get(each.campaign, each.campaign)
        frozen[key] = max(each.version, frozen.get(key, 1))
    versions = {}
    for name in config.campaigns:
        key = config.campaign_key(name)
        if name in reissue:
            if key not in frozen:
                raise ReissueError(_no_list(name, as_of, made_now=left is None))
            versions[name] = frozen[key] + 1
        elif left is None and key not in frozen:
            versions[name] = 1
    # Versions of a list whose first one is frozen belong to it.
    kept = {each for each in today if keys.get(each.campaign, each.campaign) in frozen}
    return Makes(versions, frozenset(kept))


def _no_list(campaign: str, as_of: date, *, made_now: bool) -> str:
    how = (
        "it is not frozen, so running the day again without --reissue makes it anew"
        if made_now
        else "it has none: name a day for which data/audiences holds one"
    )
    return f"campaign '{campaign}' has no frozen list of {as_of} to write a new version of: {how}."
