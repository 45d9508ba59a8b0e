"""Who is who: customers that share identifiers are one, unless something speaks against it.

Kinds of identifiers are taken from the strongest to the weakest.  Each joins the clusters its
predecessors left: clusters that share a value of the kind are linked, and linked clusters are
connected components.  Before all kinds come the pairs somebody has decided to be one.  Six things stop a
merge, and each is reported:

- the value stands for none (``n/a``), is a role mailbox or a family's (``familie.meier@``), or more customers have it
  than any person has keys;
- two of the customers are known not to be one: somebody decided so or, in a row that was refused, may have, or their
  birth dates or given names differ (``contradictions``).  A value such customers share joins nobody, also not a
  third; a chain that would bring them together is not followed;
- customers who share the value, or are linked by a chain of values, each have an own identifier of a kind a
  person has only once (``one_per_customer``) from a stronger step: the value is shared by people,
  or the chain is; nothing of it is joined by this kind;
- the cluster would be larger than ``max_cluster_size``: nothing of it is joined by this kind.

All of it is sets and components, so the order of rows plays no part.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import IdentityConfig
from segmentation_pipeline.contracts.identity import Finding
from segmentation_pipeline.contracts.sources.identity import ALWAYS_MERGE, DECISION, IDENTIFIER_KINDS, JOINED_BY
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.identity.components import connected_components
from segmentation_pipeline.identity.contradictions import Against, known_against
from segmentation_pipeline.identity.placeholders import is_placeholder
from segmentation_pipeline.identity.refused_decisions import Refused

_VALUE = ("kind", "register", "value")


@dataclass(frozen=True, slots=True)
class Resolved:
    """Staged tables of one resolution.

    ``identity``: a row per customer that goes by another's id: customer_id, canonical_customer_id,
    joined_by.  ``clusters``: a row per customer of a cluster of several: customer_id, cluster.
    ``links``: a row per customer and identifier that several have and none forbids: customer_id, kind,
    register, value.  ``blocked``: customer_id, kind, reason, group_id.
    """

    identity: ir.Table
    clusters: ir.Table
    links: ir.Table
    blocked: ir.Table


def resolve(
    engine: Engine,
    identifiers: ir.Table,
    config: IdentityConfig,
    held: ExitStack,
    people: ir.Table | None = None,
    decisions: ir.Table | None = None,
    first_known: ir.Table | None = None,
    refused_rows: Refused | None = None,
) -> Resolved:
    """Clusters of customers from the rows of ``pii.identifiers``; staged until ``held`` is closed.

    ``people`` (customer_id, first_name, birth_date; null = not known) is what can speak against a merge;
    ``decisions`` (customer_id, other_customer_id, verdict) what somebody decided, in either order of the two;
    ``refused_rows`` what of their rows could not be read.

    The canonical customer of a cluster is the one known first (``first_known``: customer_id, known_on, seen_on; without
    it, the one seen first), and of those of one day the one with the smallest id: who comes later never takes
    the name of who was there.
    """
    readable = identifiers.filter(identifiers.value.notnull())
    useless = held.enter_context(engine.staged(_useless_values(readable, config)))
    usable = readable.anti_join(useless, _VALUE)
    shared = usable.group_by(*_VALUE).agg(customers=usable.count())
    links = held.enter_context(
        engine.staged(usable.semi_join(shared.filter(shared.customers > 1), _VALUE).select("customer_id", *_VALUE))
    )
    own = usable.filter(usable.kind.isin(config.one_per_customer)).semi_join(links, "customer_id")
    owns = held.enter_context(engine.staged(own.select("customer_id", "kind", "register").distinct()))
    blocked = [_blocked(readable.semi_join(useless, _VALUE).join(useless, _VALUE), ibis._.reason)]
    known = known_against(engine, config, people, decisions, refused_rows, held)
    if refused_rows is not None:
        told = refused_rows.named.mutate(kind=ibis.literal(DECISION))
        blocked.append(_blocked(told, ibis.literal(Finding.REFUSED_DECISION.value)))
    start = links.select("customer_id", cluster="customer_id").distinct()
    if decisions is None:
        steps = held.enter_context(engine.staged(start.mutate(**{DECISION: start.cluster})))
    else:
        steps, refused = _join_decided(engine, decisions, start, known, held)
        blocked += refused
    shared_kinds = {row["kind"] for row in engine.rows(links.select("kind").distinct())}
    for place, kind in enumerate(IDENTIFIER_KINDS):
        if kind not in shared_kinds:
            steps = steps.mutate(**{kind: steps.cluster})
            continue
        of_kind = links.filter(links.kind == kind)
        stronger = owns.filter(owns.kind.isin(IDENTIFIER_KINDS[:place]))
        steps, refused = _join_by(engine, kind, of_kind, steps, stronger, known, config.max_cluster_size, held)
        blocked += refused
    sizes = steps.group_by("cluster").agg(customers=steps.count())
    several = steps.semi_join(sizes.filter(sizes.customers > 1), "cluster")
    if first_known is None:
        seen = identifiers.group_by("customer_id").agg(seen_on=identifiers.seen_on.min())
        first_known = seen.mutate(known_on=seen.seen_on)
    identity = _named(several, first_known)
    return Resolved(
        identity=held.enter_context(engine.staged(identity)),
        clusters=several.select("customer_id", "cluster"),
        links=links,
        blocked=held.enter_context(engine.staged(ibis.union(*blocked, distinct=True))),
    )


_OF_A_FAMILY = "^(familie|family|famille|famiglia|familia|fam)([._-][^@]*)?([+][^@]*)?[0-9]*@"
"""Who reads such a mailbox lives together and is several."""


def _useless_values(readable: ir.Table, config: IdentityConfig) -> ir.Table:
    """kind, register, value and ``reason`` of values that identify nobody, and their ``group_id``."""
    mailbox = readable.value.re_extract("^([^@+]*)", 1).re_replace("[._-]+|[0-9]+$", "")
    roles = {name.lower().translate(str.maketrans("", "", "._-")) for name in config.role_mailboxes}
    is_role = (readable.kind == "email") & mailbox.isin(sorted(roles))
    is_family = (readable.kind == "email") & readable.value.re_search(_OF_A_FAMILY)
    stands_for_none = is_placeholder(readable.kind, readable.value, config.placeholders)
    marked = readable.mutate(is_role=is_role, is_family=is_family, is_placeholder=stands_for_none)
    held_by = marked.group_by(*_VALUE, "is_role", "is_family", "is_placeholder")
    counted = held_by.agg(customers=ibis._.count(), group_id=ibis._.customer_id.min())
    too_many = counted.customers > config.max_customers_per_identifier
    useless = counted.filter((counted.customers > 1) & (counted.is_placeholder | counted.is_role | counted.is_family | too_many))
    reason = ibis.cases(
        (useless.is_placeholder, Finding.PLACEHOLDER.value),
        (useless.is_role, Finding.ROLE_ADDRESS.value),
        (useless.is_family & (useless.customers <= config.max_customers_per_identifier), Finding.FAMILY_ADDRESS.value),
        else_=Finding.SHARED_WIDELY.value,
    )
    return useless.select(*_VALUE, "group_id", reason=reason)


def _join_decided(
    engine: Engine, decisions: ir.Table, start: ir.Table, known: Against, held: ExitStack
) -> tuple[ir.Table, list[ir.Table]]:
    """The clusters of the pairs decided to be one, staged, and what was refused: all of a chain of decisions two
    of whom are decided not to be one."""
    wanted = decisions.filter(decisions.verdict == ALWAYS_MERGE)
    edges = held.enter_context(engine.staged(wanted.select(a="customer_id", b="other_customer_id").distinct()))
    parts = connected_components(engine, edges, held)
    members = parts.select("component", customer_id="node", cluster="node")
    refused = held.enter_context(engine.staged(known.groups_at_odds(members, ["component"], decided_only=True)))
    joined = parts.anti_join(refused, "component")
    everybody = start.select("customer_id").union(parts.select(customer_id="node"), distinct=True)
    placed = everybody.left_join(joined, everybody.customer_id == joined.node).drop("node")
    cluster = ibis.coalesce(placed.component, placed.customer_id)
    steps = placed.select("customer_id", cluster=cluster, **{DECISION: cluster})
    told = members.join(refused, "component").mutate(kind=ibis.literal(DECISION))
    return held.enter_context(engine.staged(steps)), [_blocked(told.rename(group_id="component"), ibis._.reason)]


def _join_by(
    engine: Engine,
    kind: str,
    links: ir.Table,
    before: ir.Table,
    stronger: ir.Table,
    known: Against,
    max_size: int,
    held: ExitStack,
) -> tuple[ir.Table, list[ir.Table]]:
    """One step: ``before`` (customer_id, cluster and a column per earlier step) with the clusters ``kind`` makes, staged;
    and what was refused."""
    placed = links.join(before, "customer_id").select("customer_id", *_VALUE, "cluster")
    owners = stronger.join(before, "customer_id").select("cluster", own="register").distinct()

    # A value that two have who cannot be one is a shared one, whoever else has it.
    each = placed.select(*_VALUE, "cluster").distinct()
    with_own = each.join(owners, "cluster").group_by(*_VALUE, "own").agg(owners=ibis._.count())
    owned_by_two = with_own.filter(with_own.owners > 1).select(*_VALUE, reason=ibis.literal(Finding.DISTINCT_CUSTOMERS.value))
    persons = each.join(before.select("customer_id", "cluster"), "cluster")
    at_odds = known.groups_at_odds(persons, _VALUE)
    contested = held.enter_context(engine.staged(owned_by_two.distinct().union(at_odds.anti_join(owned_by_two, _VALUE))))
    named = each.join(contested, _VALUE).group_by(*_VALUE, "reason").agg(group_id=ibis._.cluster.min())
    refused = [_blocked(placed.join(named, _VALUE), ibis._.reason)]

    agreed = each.anti_join(contested, _VALUE)
    hubs = agreed.group_by(*_VALUE).agg(hub=agreed.cluster.min())
    star = agreed.join(hubs, _VALUE)
    star = star.filter(star.cluster != star.hub).select(a="hub", b="cluster").distinct()
    parts = connected_components(engine, star, held)

    members = before.join(parts, before.cluster == parts.node).select("customer_id", "component", "cluster")
    sizes = members.group_by("component").agg(customers=members.count())
    too_large = sizes.filter(sizes.customers > max_size).select("component", reason=ibis.literal(Finding.CLUSTER_TOO_LARGE.value))
    counted = parts.join(owners, parts.node == owners.cluster).group_by("component", "own").agg(owners=ibis._.count())
    two_own = counted.filter(counted.owners > 1).select("component").distinct().anti_join(too_large, "component")
    two_own = two_own.mutate(reason=ibis.literal(Finding.DISTINCT_CUSTOMERS.value))
    first = too_large.union(two_own)
    chained = known.groups_at_odds(members.anti_join(first, "component"), ["component"])
    stopped = held.enter_context(engine.staged(first.union(chained)))
    told = members.join(stopped, "component").mutate(kind=ibis.literal(kind))
    refused.append(_blocked(told.rename(group_id="component"), ibis._.reason))

    joined = parts.anti_join(stopped, "component")
    after = before.left_join(joined, before.cluster == joined.node).drop("node")
    after = after.mutate(cluster=ibis.coalesce(after.component, after.cluster)).drop("component")
    return held.enter_context(engine.staged(after.mutate(**{kind: after.cluster}))), refused


def _blocked(rows: ir.Table, reason: ir.Value) -> ir.Table:
    return rows.select("customer_id", "kind", reason=reason, group_id=ibis._.group_id)


def _named(members: ir.Table, first_known: ir.Table) -> ir.Table:
    """customer_id, canonical_customer_id and joined_by of every member but the canonical one.

    ``joined_by`` is the kind after whose step the customer was in one cluster with the canonical one.
    """
    # Whom nothing but a decision names comes last.
    dated = members.left_join(first_known, "customer_id").drop("customer_id_right")
    never = ibis.date(9999, 12, 31)
    dated = dated.mutate(known_on=dated.known_on.fill_null(never), seen_on=dated.seen_on.fill_null(never))
    order = ibis.window(group_by="cluster", order_by=[dated.known_on, dated.seen_on, dated.customer_id])
    placed = dated.mutate(place=ibis.row_number().over(order))
    canonical = placed.filter(placed.place == 0)
    names = {f"canonical_{kind}": canonical[kind] for kind in JOINED_BY}
    both = placed.filter(placed.place > 0).join(
        canonical.select("cluster", canonical_customer_id="customer_id", **names), "cluster"
    )
    by_step = [(both[kind] == both[f"canonical_{kind}"], kind) for kind in JOINED_BY]
    return both.select("customer_id", "canonical_customer_id", joined_by=ibis.cases(*by_step, else_=ibis.null("string")))
