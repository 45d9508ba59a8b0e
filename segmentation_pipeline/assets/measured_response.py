"""What the values of campaigns learn from results: the lift measured on days before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.labels import FunnelStep
from segmentation_pipeline.measurement.definitions import LISTS
from segmentation_pipeline.measurement.track_record import RESPONSE_COLUMNS, measured_responses
from segmentation_pipeline.rules.lexer import read_words
from segmentation_pipeline.rules.vocabulary import MEASURED_RESPONSE
from segmentation_pipeline.run_context import RunContext
from segmentation_pipeline.segmentations.unpublished import CampaignOfDay


def with_responses(run: RunContext, campaigns: Mapping[str, CampaignOfDay]) -> dict[str, CampaignOfDay]:
    """``campaigns`` with the measured response of those whose value reads it, and words on it for the funnel."""
    asking = {name for name, each in campaigns.items() if _asks(each.campaign.value)}
    known = _responses(run) if asking else {}
    found = dict(campaigns)
    for name in asking:
        response = known.get(run.config.campaign_key(name))
        if response is None:
            words = f"its value reads {MEASURED_RESPONSE.name}, and no result of a day before {run.as_of} has one: not known"
        else:
            words = f"its value reads {MEASURED_RESPONSE.name}: {response:.4f} by the last result before {run.as_of}"
        each = found[name]
        found[name] = replace(each, response=response, notes={**each.notes, FunnelStep.LOST_TO: words})
    return found


def _asks(value: str | None) -> bool:
    return value is not None and MEASURED_RESPONSE.name in {name.lower() for name in read_words(value).names}


def _responses(run: RunContext) -> dict[str, float]:
    engine = run.engine
    if not engine.has(tables.CAMPAIGN_RESULTS):
        return {}
    stored = engine.table(tables.CAMPAIGN_RESULTS)
    earlier = stored.filter(stored.as_of < run.as_of, stored.source == LISTS)
    last = earlier.group_by("campaign_key").agg(as_of=earlier.as_of.max())
    newest = earlier.semi_join(last, ["campaign_key", "as_of"])
    return measured_responses(engine.rows(newest.select(*RESPONSE_COLUMNS)))
