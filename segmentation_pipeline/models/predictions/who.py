"""Who is scored: for whom the rule of the entry holds and, where a segment is foretold, who is not in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config, PredictiveModel
from segmentation_pipeline.features.catalog import families, family_columns, feature_columns
from segmentation_pipeline.rules.parse import Predicate, parse_rule


@dataclass(frozen=True, slots=True)
class Membership:
    """Being in a segment: its rule holds, and of segments that exclude each other the rule of none ``before`` it."""

    rule: Predicate
    before: tuple[Predicate, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for rule in (self.rule, *self.before) for name in rule.columns))

    def bind(self, table: ir.Table, day: date) -> ir.BooleanValue:
        """True or false of each row, never null."""
        holds = self.rule.bind(table, day)
        for each in self.before:
            holds = holds & ~each.bind(table, day)
        return holds


@dataclass(frozen=True, slots=True)
class Who:
    """For whom ``rule`` holds and who is not in ``outside``."""

    rule: Predicate
    outside: Membership | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.rule.columns, *(self.outside.columns if self.outside else ()))))

    def bind(self, table: ir.Table, day: date) -> ir.BooleanValue:
        """True or false of each row, never null."""
        holds = self.rule.bind(table, day)
        return holds & ~self.outside.bind(table, day) if self.outside else holds


def who(config: Config, asked: PredictiveModel) -> Who:
    """Who is scored, over features."""
    return Who(parse_rule(asked.for_, feature_columns(config)), membership(config, asked))


def learnt_from(config: Config, asked: PredictiveModel) -> Who:
    """Whom it is learnt from: who is scored, of a lookalike the members as well."""
    return Who(who(config, asked).rule) if asked.is_lookalike else who(config, asked)


def membership(config: Config, asked: PredictiveModel) -> Membership | None:
    """Being in the segment that is foretold; None where none is.

    Raises ``RuleError`` where a rule reads more than features, which the configuration is checked for.
    """
    if asked.segment is None:
        return None
    segmentation, name = asked.segment
    rules = config.segmentations[segmentation].rules()
    place = next(number for number, each in enumerate(rules) if each.name == name)
    first = 0 if config.segmentations[segmentation].is_exclusive else place
    known = feature_columns(config)
    *before, rule = (parse_rule(each.when, known) for each in rules[first : place + 1])
    return Membership(rule, tuple(before))


def defining(config: Config, asked: PredictiveModel) -> frozenset[str]:
    """The columns a lookalike is not learnt from unless they are named: those that define the segment, and all that are made
    by the families of those, from the same rows; none of another model."""
    found = membership(config, asked) if asked.is_lookalike else None
    if found is None:
        return frozenset()
    named = {*found.columns}
    of_families: Sequence[set[str]] = [{column.name for column in family_columns(each, config)} for each in families(config)]
    return frozenset(named.union(*(columns for columns in of_families if columns & named)))


def declared_groups(config: Config) -> tuple[str, ...]:
    """The attributes of customers by which ``privacy.yaml`` looks at groups."""
    fairness = config.privacy.fairness
    return fairness.groups if fairness is not None and config.has("customers") else ()
