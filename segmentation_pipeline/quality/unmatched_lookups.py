"""Keys that a second file does not have, where the configuration takes such rows in without its values (``unmatched: empty``).

Some are usual; that a file has none of many keys is a wrong column, or keys written in two ways: every value would be empty.
"""

from __future__ import annotations

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.quality.check import Check
from segmentation_pipeline.quality.result import RuleResult, could_not_check

LOOKUPS = "lookups"
MANY = 20
"""That none of so many keys is there is no accident."""


def lookup_rules(config: Config, source: str) -> tuple[Check, ...]:
    """The rules of a source with second files that need not have every key."""
    names = [name for name, second in config.sources[source].lookup.items() if second.unmatched == "empty"]
    if not names:
        return ()
    table, listed = tables.clean(source), ", ".join(names)
    return (
        Check(
            name="lookups_have_the_keys",
            table=table,
            expectation=LOOKUPS,
            arguments={"source": source, "lookups": names, "at_least": 1},
            severity="warning",
            description=f"the keys of rows should be in {listed}",
            catches="Second files that lag behind: the values of such rows are empty.",
        ),
        Check(
            name="lookups_have_some_keys",
            table=table,
            expectation=LOOKUPS,
            arguments={"source": source, "lookups": names, "at_least": MANY},
            severity="error",
            description=f"of {MANY} and more keys some must be in each of {listed}",
            catches="A key that is another column, or is written otherwise in the second file: all its values would be empty.",
        ),
    )


def lookups_found(engine: Engine, config: Config, rule: Check) -> RuleResult:
    """Whether the second files had the keys of the rows taken in, file by file as they were read."""
    source, at_least = str(rule.arguments["source"]), int(str(rule.arguments["at_least"]))
    if not engine.has(tables.LOOKED_UP):
        return could_not_check(rule, 0, "no file was read since its keys are counted; run with --full")
    noted = engine.table(tables.LOOKED_UP)
    rows = engine.rows(noted.filter(noted.source == source).order_by("_file", "lookup"))
    keys, unmatched, told = 0, 0, []
    for lookup, second in config.sources[source].lookup.items():
        of_it = [row for row in rows if row["lookup"] == lookup]
        asked, lost = (sum(int(row[name]) for row in of_it) for name in ("keys", "unmatched"))
        if lost and (at_least == 1 or (asked >= at_least and lost == asked)):
            places = ", ".join(f"{row['_file']} row {row['first']}" for row in of_it if row["unmatched"])
            key = ", ".join(f"{one} = {other}" for one, other in second.keys.items())
            told.append(f"{lookup} does not have {lost} of {asked} keys ({key}), the first in {places}")
        keys, unmatched = keys + asked, unmatched + lost
    if not told:
        return RuleResult(rule, True, keys, 0, 0.0, None, (), f"{rule.table}: {rule.description}: holds")
    seen = "; ".join(told)
    cure = f"Is the file complete, and are the keys of sources.{source}.lookup the same on both sides?"
    message = f"{rule.table}: {rule.description}: {seen}: such rows have no values of it. {cure}"
    return RuleResult(rule, False, keys, unmatched, round(unmatched / keys, 6), seen, (), message)
