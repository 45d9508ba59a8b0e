"""Unusual change: shops in which nothing changes, and shops in which some customers suddenly stop."""

from __future__ import annotations

from benchmarks.exam.row import Row
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.models.unusual_change.settings import UnusualChangeConfig
from segmentation_pipeline_tests.models.unusual_change.shop import drawn, fitted

QUIET, STOPPED, PLANTED = 40, 6, 10
"""Shops without change, shops with, and who stops in each of those."""
WAVERING = (0.0, 0.2, 0.6)
NAME = "unusual_change"


def rows(engine: Engine, quiet: int = QUIET, stopped: int = STOPPED) -> list[Row]:
    """Alarms where there is nothing to tell, changes that are told, and how many of those are by chance."""
    stated = UnusualChangeConfig().false_alarm_share
    alarms = sum(fitted(engine, drawn(seed, wavering=WAVERING[seed % len(WAVERING)]))[0].changed > 0 for seed in range(quiet))
    found, false = 0, 0
    for seed in range(stopped):
        told = {who for who, (what, _) in fitted(engine, drawn(1_000 + seed, changed=PLANTED))[1].items() if what}
        planted = {f"c{number:04}" for number in range(PLANTED)}
        found, false = found + len(told & planted), false + len(told - planted)
    count, data = stopped * PLANTED, "generated, 10 of 200 stop"
    return [
        Row("generated, no change", NAME, "share of shops with an alarm", quiet, foretold=stated, came=alarms / quiet),
        Row(data, NAME, "share of those found", count, found / count, same_for_all=0.0, possible=1.0),
        Row(data, NAME, "share told by chance", found + false, foretold=stated, came=false / max(found + false, 1)),
    ]
