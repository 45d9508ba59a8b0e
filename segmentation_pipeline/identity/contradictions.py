"""What says that two customers are not one person, whatever identifiers they share."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import IdentityConfig
from segmentation_pipeline.contracts.identity import Finding
from segmentation_pipeline.contracts.sources.identity import NEVER_MERGE
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.given_names import given_names, may_be_one
from segmentation_pipeline.identity.refused_decisions import Refused

_BEFORE_ANYBODY = 1900
_DEFAULTS = ("1900-01-01", "1901-01-01", "1911-11-11", "1970-01-01")
"""What forms and machines write where no birth date is known."""
_REASONS = (
    Finding.NEVER_MERGE,
    Finding.REFUSED_DECISION,
    Finding.DIFFERENT_BIRTH_DATES,
    Finding.DIFFERENT_FIRST_NAMES,
)
"""From the one that is told first to the last."""


@dataclass(frozen=True, slots=True)
class Against:
    """Staged tables of what is known of customers; null where nothing of the kind is.

    ``born``: customer_id, birth_date.  ``names``: customer_id, name, a row per part of the given names.
    ``never``: a, b: two customers that must not become one, in both orders.  ``refused``: what refused decisions come to.
    """

    born: ir.Table | None
    names: ir.Table | None
    never: ir.Table | None
    refused: Refused | None = None

    def groups_at_odds(self, members: ir.Table, group: Sequence[str], *, decided_only: bool = False) -> ir.Table:
        """``group`` and ``reason`` of the groups two of whose customers cannot be one; one row per group.

        ``members``: ``group``, cluster, customer_id.  Customers of one cluster were joined by something stronger and are
        not compared.  Groups are small (at most ``max_cluster_size`` of a component, some dozen of a value), so all
        pairs are.
        """
        pairs = _pairs(members, group)
        found = [] if self.never is None else [_placed(pairs.semi_join(self.never, ["a", "b"]), group, Finding.NEVER_MERGE)]
        found += [] if self.refused is None else [self._doubtful(pairs, group, self.refused)]
        if not decided_only:
            found += [] if self.born is None else [self._born_apart(pairs, group)]
            found += [] if self.names is None else [self._named_apart(pairs, group)]
        if not found:
            return members.select(*group, reason=ibis.literal(Finding.NEVER_MERGE.value)).filter(ibis.literal(False))
        everything = ibis.union(*found) if len(found) > 1 else found[0]
        first = everything.group_by(*group).agg(place=everything.place.min())
        return first.select(*group, reason=ibis.cases(*((first.place == n, reason.value) for n, reason in enumerate(_REASONS))))

    def _doubtful(self, pairs: ir.Table, group: Sequence[str], refused: Refused) -> ir.Table:
        """Pairs a refused decision may keep apart: the two it names, or all of the one whose other cannot be told."""
        alone = [pairs.semi_join(refused.alone, pairs[side] == refused.alone.customer_id) for side in ("a", "b")]
        return _placed(ibis.union(pairs.semi_join(refused.apart, ["a", "b"]), *alone), group, Finding.REFUSED_DECISION)

    def _born_apart(self, pairs: ir.Table, group: Sequence[str]) -> ir.Table:
        assert self.born is not None
        both = pairs.join(self.born.select(a="customer_id", born_a="birth_date"), "a")
        both = both.join(self.born.select(b="customer_id", born_b="birth_date"), "b")
        return _placed(both.filter(both.born_a != both.born_b), group, Finding.DIFFERENT_BIRTH_DATES)

    def _named_apart(self, pairs: ir.Table, group: Sequence[str]) -> ir.Table:
        """Pairs of whom no part of the given names may be the same."""
        assert self.names is not None
        both = pairs.select(*group, "a", "b").join(self.names.select(a="customer_id", name_a="name"), "a")
        both = both.join(self.names.select(b="customer_id", name_b="name"), "b")
        compared = both.mutate(alike=may_be_one(both.name_a, both.name_b))
        each = compared.group_by(*group, "a", "b").agg(alike=compared.alike.max())
        return _placed(each.filter(~each.alike), group, Finding.DIFFERENT_FIRST_NAMES)


def known_against(
    engine: Engine,
    config: IdentityConfig,
    people: ir.Table | None,
    decisions: ir.Table | None,
    refused: Refused | None,
    held: ExitStack,
) -> Against:
    """What of ``people`` (customer_id, first_name, birth_date) and ``decisions`` (customer_id, other_customer_id, verdict) the
    configuration lets speak against merges, beside ``refused``; staged until ``held`` is closed."""
    born = names = never = None
    if people is not None and "birth_date" in config.contradictions:
        told = people.filter((people.birth_date.year() >= _BEFORE_ANYBODY) & ~people.birth_date.cast("string").isin(_DEFAULTS))
        born = held.enter_context(engine.staged(told.select("customer_id", "birth_date")))
    if people is not None and "first_name" in config.contradictions:
        names = held.enter_context(engine.staged(given_names(people)))
    if decisions is not None:
        apart = decisions.filter(decisions.verdict == NEVER_MERGE)
        one_way, other_way = (
            apart.select(a="customer_id", b="other_customer_id"),
            apart.select(a="other_customer_id", b="customer_id"),
        )
        never = held.enter_context(engine.staged(one_way.union(other_way, distinct=True)))
    return Against(born, names, never, refused)


def _pairs(members: ir.Table, group: Sequence[str]) -> ir.Table:
    """``group``, a, b: customers of two clusters of one group, once in one order."""
    one = members.select(*group, a="customer_id", cluster_a="cluster")
    other = members.select(*group, b="customer_id", cluster_b="cluster")
    both = one.join(other, list(group))
    return both.filter((both.a < both.b) & (both.cluster_a != both.cluster_b)).select(*group, "a", "b").distinct()


def _placed(pairs: ir.Table, group: Sequence[str], reason: Finding) -> ir.Table:
    return pairs.select(*group, place=ibis.literal(_REASONS.index(reason))).distinct()
