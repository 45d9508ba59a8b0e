"""Connected components in the engine: which nodes are linked with each other by any way of links."""

from __future__ import annotations

from contextlib import ExitStack

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.engine.base import Engine

MAX_ROUNDS = 100
"""A chain of a million links takes about twenty rounds; a limit, so that a mistake cannot run for ever."""


def connected_components(engine: Engine, links: ir.Table, held: ExitStack) -> ir.Table:
    """node, component: every node of ``links`` (columns a, b: text) and the smallest node it is linked with.

    Every round each node, and the node that is its label, takes the smallest label among its own and its neighbours', and then
    that label's label, until nothing changes (hooking and shortcutting: Shiloach and Vishkin 1982; Zhang, Azad and Hu, "FastSV",
    2020).  The result is the same whatever the order of the links.  It is staged until ``held`` is closed.
    """
    both_ways = links.select(node="a", neighbour="b").union(links.select(node="b", neighbour="a"), distinct=True)
    edges = held.enter_context(engine.staged(both_ways))
    start = edges.group_by("node").agg(component=ibis.least(edges.node.min(), edges.neighbour.min()))
    labels = held.enter_context(engine.staged(start))
    for _ in range(MAX_ROUNDS):
        after = held.enter_context(engine.staged(_round(edges, labels)))
        moved = after.join(labels.select("node", before="component"), "node")
        labels = after
        if engine.count(moved.filter(moved.component != moved.before)) == 0:
            return labels
    raise RuntimeError(f"the components did not settle in {MAX_ROUNDS} rounds")


def _round(edges: ir.Table, labels: ir.Table) -> ir.Table:
    offered = edges.join(labels, edges.neighbour == labels.node).select(node=edges.node, component="component")
    to_labels = offered.join(labels.select("node", label="component"), "node").select(node="label", component="component")
    everything = offered.union(to_labels, labels)
    smallest = everything.group_by("node").agg(component=everything.component.min())
    jumped = smallest.join(smallest.select(pointer="node", beyond="component"), [("component", "pointer")])
    return jumped.select("node", component=ibis.least(jumped.component, jumped.beyond))
