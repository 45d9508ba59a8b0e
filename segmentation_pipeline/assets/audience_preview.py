"""A campaign's list before it is made: the steps of a run for campaigns, on what the last run left, in an engine of their own.

The configuration is that in the folder, so a changed rule, limit or priority is seen before any run.  Nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.assets.audience_lists import audience_rows, funnel_rows
from segmentation_pipeline.assets.campaign_decisions import overlap_rows
from segmentation_pipeline.assets.campaigns import selections
from segmentation_pipeline.assets.holdout_guards import draws_of
from segmentation_pipeline.campaigns.decision import is_contacted
from segmentation_pipeline.campaigns.frozen import Makes
from segmentation_pipeline.campaigns.pressure import key_of_today
from segmentation_pipeline.config.diagnostics import hint_of
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.engine.scratch import scratch_engine
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.privacy.unmatched import SHARES
from segmentation_pipeline.quality.validate import Validator
from segmentation_pipeline.rules.vocabulary import MEASURED_RESPONSE
from segmentation_pipeline.run_context import RunContext
from segmentation_pipeline.segmentations.rule_binding import rule_vocabulary
from segmentation_pipeline.settings import Settings
from segmentation_pipeline.values.mask import masked

SHOWN = 10
_WRITTEN = (tables.CAMPAIGN_AUDIENCES, tables.CAMPAIGN_FUNNEL, tables.AUDIENCE_OVERLAP, SHARES)
"""Of these the steps replace some rows."""


@dataclass(frozen=True, slots=True)
class Change:
    """Against the last list: its day, who would be contacted by this one alone, who by that one alone, and by both."""

    as_of: date
    entering: int
    leaving: int
    staying: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run of ``as_of`` would make of a campaign.

    ``arms``: people by arm; ``funnel``: rows of ``campaign_funnel``; ``overlaps``: rows of ``audience_overlap``, this campaign
    first; ``rows``: the best of the list, ids masked; ``cost`` and ``gain`` (what it is expected to earn beyond its
    cost): None = not known; ``can_show``: what its holdout could measure; ``change``: None without an earlier list.
    """

    campaign: str
    as_of: date
    arms: Mapping[str, int]
    funnel: Sequence[Mapping[str, Any]]
    overlaps: Sequence[Mapping[str, Any]]
    rows: Sequence[Mapping[str, Any]]
    cost: float | None
    gain: float | None
    can_show: str
    too_small: str | None
    change: Change | None


def preview(settings: Settings, config: Config, campaign: str) -> Preview:
    """The list of ``campaign`` as the last run's day would have it; the caller holds the writer lock.

    Raises ``UserError`` for a campaign that is not configured, and where the last run knew less than the campaigns ask for.
    """
    if campaign not in config.campaigns:
        raise UserError(f"there is no campaign '{campaign}' in campaigns.yaml.{hint_of(campaign, config.campaigns)}")
    with scratch_engine(settings, config.pipeline.engine, _WRITTEN) as engine:
        if not engine.has(tables.CAMPAIGN_SELECTIONS):
            raise UserError("there is nothing to look at yet: no run has come through. Run 'segmentation run' first.")
        _check_known(engine, config)
        [row] = engine.rows(engine.table(tables.CUSTOMER_PROFILE).agg(as_of=ibis._.as_of.max()))
        if row["as_of"] is None:
            raise UserError("the last run knew no customers, so nobody could be on a list.")
        run = RunContext(settings, config, engine, Validator(engine), cast(date, row["as_of"]), "preview")
        # As if the day had not been run: also of a day whose lists are frozen.
        run.audiences_left, run.audiences_made = None, Makes(dict.fromkeys(config.campaigns, 1), frozenset())
        before = _last_list(run, campaign)
        selections(run)
        audience_rows(run)
        funnel_rows(run)
        overlap_rows(run)
        return _told(run, campaign, before)


def _check_known(engine: Engine, config: Config) -> None:
    """Raise ``UserError`` for a source or a column of the profile that was configured since the last run."""
    if unread := sorted(name for name in config.sources if not engine.has(tables.clean(name))):
        raise UserError(f"the last run did not read {', '.join(unread)}. Run 'segmentation run' first.")
    profile, vocabulary = set(engine.table(tables.CUSTOMER_PROFILE).columns), rule_vocabulary(config)
    for name, campaign in config.campaigns.items():
        valued = () if campaign.value is None else vocabulary.calculation(campaign.value).columns
        asked = {*vocabulary.parse(campaign.audience).columns, *valued, *campaign.stratify_by, campaign.rank_by or ""}
        if lacking := sorted(asked - profile - {MEASURED_RESPONSE.name, ""}):
            raise UserError(
                f"campaign '{name}' reads {', '.join(lacking)}, which the last run did not make. Run 'segmentation run' first."
            )


@dataclass(frozen=True, slots=True)
class _LastList:
    """The campaign's last list, that of the day included: its day, and customer_id of those whom it contacted, perhaps nobody."""

    as_of: date
    contacted: ir.Table


def _last_list(run: RunContext, campaign: str) -> _LastList | None:
    engine, keys, key = run.engine, run.config.stored_campaign_keys, run.config.campaign_key(campaign)
    if not engine.has(tables.CAMPAIGN_FUNNEL):
        return None
    made = engine.table(tables.CAMPAIGN_FUNNEL)  # where a list that holds nobody has rows, too
    made = made.filter(key_of_today(made.campaign, keys) == key, made.as_of <= run.as_of).select("as_of", "version").distinct()
    last = engine.rows(made.order_by(ibis.desc("as_of"), ibis.desc("version")).limit(1))
    if not last:
        return None
    [found] = last
    stored = engine.table(tables.CAMPAIGN_AUDIENCES)
    of_list = stored.filter(stored.as_of == found["as_of"], stored.version == found["version"], stored.arm != Arm.HOLDOUT.value)
    copied = "preview.before"
    engine.write(copied, of_list.filter(key_of_today(of_list.campaign_key, keys) == key).select("customer_id"))
    return _LastList(found["as_of"], engine.table(copied))


def _told(run: RunContext, campaign: str, before: _LastList | None) -> Preview:
    engine, config = run.engine, run.config
    selection = engine.table(tables.CAMPAIGN_SELECTIONS)
    mine = selection.filter(selection.campaign == campaign)
    contacted = mine.filter(is_contacted(mine.outcome))
    chosen = mine.filter(mine.outcome.isin([arm.value for arm in Arm]))
    arms = engine.rows(chosen.group_by("arm").agg(people=chosen.count()).order_by("arm"))
    [sums] = engine.rows(contacted.agg(people=contacted.count(), gain=contacted.gain.sum()))
    cost = config.campaigns[campaign].cost_per_contact
    funnel = engine.table(tables.CAMPAIGN_FUNNEL)
    steps = funnel.filter(funnel.as_of == run.as_of, funnel.campaign == campaign, funnel.version == 1).order_by("step_number")
    best = contacted.order_by("rank", "customer_id").limit(SHOWN)
    shown = best.select("rank", "arm", "expected_value", "reason", customer=masked(best.customer_id))
    drawn = draws_of(run)[campaign]
    return Preview(
        campaign=campaign,
        as_of=run.as_of,
        arms={str(row["arm"]): int(row["people"]) for row in arms},
        funnel=engine.rows(steps.select("step", "entered", "left_out", "remained", "reason")),
        overlaps=_overlaps(run, campaign),
        rows=engine.rows(shown.order_by("rank", "customer")),
        cost=None if cost is None else float(cost) * int(sums["people"]),
        gain=None if sums["gain"] is None else float(sums["gain"]),
        can_show=drawn.told if drawn.arms else "nobody was drawn: nothing can be measured",
        too_small=drawn.too_small,
        change=None if before is None else _change(engine, contacted, before),
    )


def _overlaps(run: RunContext, campaign: str) -> list[dict[str, Any]]:
    """Every other campaign, with how many passed both gates and are on both lists."""
    stored = run.engine.table(tables.AUDIENCE_OVERLAP)
    today = stored.filter(stored.as_of == run.as_of)
    rows = []
    for row in run.engine.rows(today.filter((today.campaign == campaign) | (today.other_campaign == campaign))):
        other = row["other_campaign"] if row["campaign"] == campaign else row["campaign"]
        rows.append({"campaign": other} | {name: row[name] for name in ("passed_both", "listed_both", "contacted_by_both")})
    return sorted(rows, key=lambda row: str(row["campaign"]))


def _change(engine: Engine, contacted: ir.Table, before: _LastList) -> Change:
    entering = engine.count(contacted.anti_join(before.contacted, "customer_id"))
    leaving = engine.count(before.contacted.anti_join(contacted, "customer_id"))
    staying = engine.count(contacted.semi_join(before.contacted, "customer_id"))
    return Change(before.as_of, entering, leaving, staying)
