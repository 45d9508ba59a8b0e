"""What earlier campaigns teach: the record of each segmentation in words, and the response a campaign had."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts.labels import Arm
from segmentation_pipeline.measurement.campaign_result_columns import ALL
from segmentation_pipeline.measurement.definitions import Definition, configured
from segmentation_pipeline.measurement.outcomes import all_metrics
from segmentation_pipeline.measurement.verdicts import NOT_COMPARABLE, WORKS
from segmentation_pipeline.rules.lexer import read_words

Row = Mapping[str, Any]
"""A row of ``campaign_results``."""
CONVERSION = "conversion"
RESPONSE_COLUMNS = ("campaign_key", "campaign", "as_of", "wave", "segmentation", "arm", "metric", "verdict", "lift", "people")
"""What ``measured_responses`` reads of a row."""


def records(rows: Iterable[Row], config: Config) -> dict[str, str]:
    """By segmentation its record in words, where a campaign that goes by it has a lift.

    ``rows`` are those of one day.  A campaign goes by a segmentation which its audience names, or by which its results are
    split.  Told is the whole campaign, by the metric that decides: "2 campaigns measured, 1 works: win_back works, +3.6
    points (0.9 to 6.3); birthday too early, ...".
    """
    known = configured(config)
    decided = [row for row in rows if _is_whole(row) and row["decides"] and row["lift"] is not None]
    found = {}
    for segmentation in config.segmentations:
        keys = set(_going_by(segmentation, config, known))
        theirs = sorted((row for row in decided if row["campaign_key"] in keys), key=_name)
        if not theirs:
            continue
        measured = {row["campaign_key"] for row in theirs}
        work = {row["campaign_key"] for row in theirs if row["verdict"] == WORKS}
        count = f"{len(measured)} campaign{'s' * (len(measured) != 1)} measured, {len(work)} work{'s' * (len(work) == 1)}"
        told = "; ".join(_told(row, known[row["campaign_key"]], config) for row in theirs)
        found[segmentation] = f"{count}: {told}"
    return found


def measured_responses(rows: Iterable[Row]) -> dict[str, float]:
    """By campaign key the last measured lift of conversion: what one more person in the campaign makes order, 0 to 1.

    ``rows`` are those of days before the one that is decided.  The last day with a row of a campaign speaks; of several arms
    the mean, each as often as it has people.  Without a lift, or where it is not comparable, there is none.
    """
    days: dict[str, list[Row]] = {}
    for row in rows:
        if not _is_whole(row) or row["metric"] != CONVERSION:
            continue
        kept = days.setdefault(row["campaign_key"], [])
        if kept and kept[0]["as_of"] < row["as_of"]:
            kept.clear()
        if not kept or kept[0]["as_of"] == row["as_of"]:
            kept.append(row)
    found = {}
    for key, arms in days.items():
        if any(arm["verdict"] == NOT_COMPARABLE for arm in arms):
            continue
        told = sorted((arm for arm in arms if arm["lift"] is not None and arm["people"]), key=_name)
        if told:
            people = sum(int(arm["people"]) for arm in told)
            found[key] = math.fsum(float(arm["lift"]) * int(arm["people"]) for arm in told) / people
    return found


def _is_whole(row: Row) -> bool:
    return bool(row["wave"] == ALL and row["segmentation"] == ALL)


def _going_by(segmentation: str, config: Config, known: Mapping[str, Definition]) -> Iterable[str]:
    for name, campaign in config.campaigns.items():
        if segmentation in {word.lower() for word in read_words(campaign.audience).names}:
            yield config.campaign_key(name)
    yield from (key for key, definition in known.items() if segmentation in definition.measurement.by)


def _name(row: Row) -> tuple[str, str]:
    return str(row["campaign"]), str(row["arm"])


def _told(row: Row, definition: Definition, config: Config) -> str:
    named = str(row["campaign"]) if row["arm"] == Arm.TREATMENT.value else f"{row['campaign']} {row['arm']}"
    is_share = any(metric.is_share for metric in all_metrics(definition, config) if metric.name == row["metric"])
    size, unit, digits = (100, "points", 1) if is_share else (1, f"{row['metric']} per person", 2)
    lift, low, high = (f"{size * float(row[name]):{sign}.{digits}f}" for name, sign in _ENDS)
    return f"{named} {row['verdict']}, {lift} {unit} ({low} to {high})"


_ENDS = (("lift", "+"), ("lift_low", ""), ("lift_high", ""))
