"""How well customers are recognised, in counts: sizes of clusters, what they hang on, what was blocked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.contracts.identity import IDENTITY_HEALTH_COLUMNS, Finding
from segmentation_pipeline.identity.resolve import Resolved


def health(found: Resolved, identifiers: ir.Table, as_of: date) -> ir.Table:
    """The rows of ``identity_health`` for one day; ``identifiers`` is ``pii.identifiers``."""
    clusters, identity = found.clusters, found.identity
    sizes = clusters.group_by("cluster").agg(customers=clusters.count())
    by_size = sizes.group_by(cluster_size="customers").agg(groups=sizes.count(), customers=sizes.customers.sum())
    unreadable = identifiers.filter(identifiers.value.isnull())
    bridges = _bridges(found)
    parts = [
        _rows(by_size, Finding.CLUSTER, cluster_size=by_size.cluster_size),
        _per_kind(identity.select("customer_id", kind="joined_by", group_id="canonical_customer_id"), Finding.JOINED),
        _per_kind(bridges, Finding.BRIDGE),
        _per_kind(unreadable.select("customer_id", "kind", group_id="customer_id"), Finding.UNREADABLE),
    ]
    blocked = found.blocked
    per_reason = blocked.group_by("kind", "reason").agg(
        groups=blocked.group_id.nunique(), customers=blocked.customer_id.nunique()
    )
    parts.append(_rows(per_reason, per_reason.reason, kind=per_reason.kind))
    everything = ibis.union(*parts)
    return everything.select(
        as_of=ibis.literal(as_of), **{c.name: everything[c.name].cast(c.type.ibis) for c in IDENTITY_HEALTH_COLUMNS[1:]}
    )


def _bridges(found: Resolved) -> ir.Table:
    """customer_id, kind and group_id (the cluster) of customers held in their cluster by one identifier alone."""
    held = found.links.join(found.clusters, "customer_id").select("customer_id", "cluster", "kind", "register", "value")
    value = ["cluster", "kind", "register", "value"]
    shared = held.group_by(value).agg(customers=held.count())
    holding = held.semi_join(shared.filter(shared.customers > 1), value)
    counted = holding.group_by("customer_id", "cluster").agg(identifiers=holding.count(), kind=holding.kind.min())
    return counted.filter(counted.identifiers == 1).select("customer_id", "kind", group_id="cluster")


def _per_kind(rows: ir.Table, finding: Finding) -> ir.Table:
    counted = rows.group_by("kind").agg(groups=rows.group_id.nunique(), customers=rows.customer_id.nunique())
    return _rows(counted, finding, kind=counted.kind)


def _rows(counted: ir.Table, finding: Finding | ir.Value, **known: ir.Value) -> ir.Table:
    """``counted`` (groups, customers) in the report's columns."""
    named: Mapping[str, ir.Value] = {"kind": ibis.null("string"), "cluster_size": ibis.null("int64"), **known}
    told = ibis.literal(finding.value) if isinstance(finding, Finding) else finding
    return counted.select(
        finding=told,
        kind=named["kind"],
        cluster_size=named["cluster_size"].cast("int64"),
        groups=counted.groups.cast("int64"),
        customers=counted.customers.cast("int64"),
    )
