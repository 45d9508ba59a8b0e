"""What is published of the models themselves: every version, how well it foretold, and what became of clusters."""

from __future__ import annotations

from typing import Any

from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import AS_OF, Column, Type
from segmentation_pipeline.contracts.labels import ClusterChange
from segmentation_pipeline.contracts.table import TableContract

MODEL_REGISTRY_COLUMNS = (
    AS_OF,
    Column(
        "model",
        Type.TEXT,
        "The model: rfm, clv, clusters, next_product, affinity_hour, affinity_channel, unusual_change, or cluster model or "
        "survey classes by name, with '_extension'.",
    ),
    Column("version", Type.TEXT, "Hash of method and parameters: equal models have equal versions."),
    Column("kind", Type.TEXT, "Method, for example bg_nbd or its fallback historical_rate."),
    Column("is_champion", Type.BOOLEAN, "Whether the version scores the customers of the day."),
    Column("trained_from", Type.DAY, "First day of the data it saw.", "day", "it saw no data"),
    Column("trained_to", Type.DAY, "Last day of the data it saw: the day it was fitted.", "day", "it saw no data"),
    Column("training_rows", Type.INTEGER, "Customers it was fitted on.", "customers", minimum=0),
    Column("features", Type.TEXT, "Columns it reads, as JSON."),
    Column("parameters", Type.TEXT, "All that scoring needs, as JSON."),
    Column("metrics", Type.TEXT, "Fit and test figures, as JSON."),
    Column("code_version", Type.TEXT, "Hash of the program."),
    Column("data_fingerprint", Type.TEXT, "Hash of files, configuration, program and day."),
    Column("note", Type.TEXT, "Why a fallback was taken or a challenger did not become champion; empty when all is well."),
)

CLUSTER_CHANGES_COLUMNS = (
    AS_OF,
    Column("model", Type.TEXT, "The cluster model."),
    Column(
        "change",
        Type.TEXT,
        "What became of the cluster when the model of the day took over.",
        allowed=tuple(change.value for change in ClusterChange),
    ),
    Column("cluster_before", Type.TEXT, "The cluster of the champion before.", null_means="the cluster was born"),
    Column("cluster_after", Type.TEXT, "The cluster of the new champion.", null_means="the cluster died"),
    Column(
        "customers",
        Type.INTEGER,
        "Customers with orders that are in both; of clusters that were born or died their members.",
        "customers",
        minimum=0,
    ),
)

MODEL_CALIBRATION_COLUMNS = (
    AS_OF,
    Column("model", Type.TEXT, "The model, as in model_registry."),
    Column("version", Type.TEXT, "The version that scores the customers of the day, as in model_registry."),
    Column(
        "bin",
        Type.INTEGER,
        "Tenth of customers by forecast, 1 = lowest. Equal forecasts share a bin, so a bin may be large or missing.",
        minimum=1,
        maximum=10,
    ),
    Column(
        "customers",
        Type.INTEGER,
        "Customers of held-out later periods in the bin; whoever is in several periods counts in each.",
        "customers",
        minimum=1,
    ),
    Column(
        "predicted",
        Type.NUMBER,
        "Mean of what the model, fitted without the held-out period, foretold of it: of clv order days, of other models what "
        "they score.",
    ),
    Column("observed", Type.NUMBER, "Mean of what came."),
)

MODEL_CURVES_COLUMNS = (
    AS_OF,
    Column("model", Type.TEXT, "The model, as in model_registry."),
    Column("version", Type.TEXT, "The version that scores the customers of the day, as in model_registry."),
    Column("depth", Type.NUMBER, "Share of the judged customers with the highest forecasts.", "share 0-1", minimum=0, maximum=1),
    Column("customers", Type.INTEGER, "So many they are.", "customers", minimum=1),
    Column("lowest_score", Type.NUMBER, "The lowest forecast among them: the threshold that takes so many."),
    Column("observed", Type.NUMBER, "Mean of what came of them: of a probability the precision at so many customers."),
    Column("captured", Type.NUMBER, "Their share of all that came.", "share 0-1", minimum=0, maximum=1),
    Column(
        "captured_by_baseline",
        Type.NUMBER,
        "The share that as many with the highest forecasts of the baseline had.",
        "share 0-1",
        minimum=0,
        maximum=1,
    ),
)

MODEL_DRIFT_COLUMNS = (
    AS_OF,
    Column("model", Type.TEXT, "The model, as in model_registry."),
    Column("version", Type.TEXT, "The version that scores the customers of the day, as in model_registry."),
    Column("input", Type.TEXT, "A feature, a feature with one of its values, or score: what the model foretells."),
    Column("judged_customers", Type.INTEGER, "Customers of the later period the version was judged on.", "customers", minimum=1),
    Column("customers", Type.INTEGER, "Customers it scores on the day, of many a sample.", "customers", minimum=1),
    Column(
        "stability_index",
        Type.NUMBER,
        "Population stability index between the two, over tenths of the judged and a bin of unknown values: the sum of "
        "(q - p) ln(q / p).",
        minimum=0,
    ),
    Column(
        "by_chance",
        Type.NUMBER,
        "What the index exceeds for any input of the model on one day in a hundred when nothing has changed.",
        minimum=0,
    ),
    Column(
        "status",
        Type.TEXT,
        "Still: at most 0.1 or what chance makes of it; moved: at most 0.25; drifted: above.",
        allowed=("still", "moved", "drifted"),
    ),
)

_FEW = "fewer than 100 people, of whom no figure is shown"
MODEL_GROUPS_COLUMNS = (
    AS_OF,
    Column("model", Type.TEXT, "The model, as in model_registry."),
    Column("version", Type.TEXT, "The version that scores the customers of the day, as in model_registry."),
    Column("attribute", Type.TEXT, "What the groups are groups of, as fairness in privacy.yaml declares."),
    Column("customer_group", Type.TEXT, "The group; unknown: of whom it is not known."),
    Column("customers", Type.INTEGER, "Customers of the group among those the version was judged by.", "customers", minimum=1),
    Column("predicted", Type.NUMBER, "Mean of what was foretold of them.", null_means=_FEW),
    Column("observed", Type.NUMBER, "Mean of what came.", null_means=_FEW),
    Column(
        "status",
        Type.TEXT,
        "Calibrated; too_high or too_low: what was foretold is so beyond chance, of which all groups together have 5 %; too_few: "
        "fewer than 100 people.",
        allowed=("calibrated", "too_high", "too_low", "too_few"),
    ),
)

SEND_AFFINITY_COLUMNS = (
    AS_OF,
    Column(
        "dimension",
        Type.TEXT,
        "hour: mailings by the hour they were sent at, a click is a response. channel: contacts by their channel, an order is.",
        allowed=("hour", "channel"),
    ),
    Column("customer_group", Type.TEXT, "A value of the column models.affinity.group names; everybody: all who have none."),
    Column("value", Type.TEXT, "The hour, 00 to 23 by the clock of the business, or the channel."),
    Column("sends", Type.INTEGER, "Sends whose days to respond are over.", "sends", minimum=1),
    Column("responses", Type.INTEGER, "Of them, those with a response.", "sends", minimum=0),
    Column("rate", Type.NUMBER, "responses / sends.", "share 0-1", minimum=0, maximum=1),
    Column("rate_low", Type.NUMBER, "Lower end of its 95 % interval (Wilson).", "share 0-1", minimum=0, maximum=1),
    Column("rate_high", Type.NUMBER, "Upper end of its 95 % interval (Wilson).", "share 0-1", minimum=0, maximum=1),
    Column(
        "drawn_rate",
        Type.NUMBER,
        "The rate of the group, drawn towards everybody's: what customers' are drawn towards.",
        "share 0-1",
        minimum=0,
        maximum=1,
    ),
    Column(
        "published",
        Type.TEXT,
        "What customers are told by, as judged on later days: own (their own rates), group (those of the group), none.",
        allowed=("own", "group", "none"),
    ),
)

_ANALYTICS = "team:analytics"


def _looks_at_groups(config: Any) -> bool:
    return bool(config.predictions) and config.privacy.fairness is not None and config.has("customers")


REGISTRY_TABLES = (
    TableContract(
        tables.MODEL_REGISTRY,
        "A fitted model on a day.",
        MODEL_REGISTRY_COLUMNS,
        key=("as_of", "model", "version"),
        published=True,
        accumulates=True,
        owner=_ANALYTICS,
        kinds=frozenset({"duckdb", "scikitlearn"}),
    ),
    TableContract(
        tables.CLUSTER_CHANGES,
        "What became of a cluster when a new model took over.",
        CLUSTER_CHANGES_COLUMNS,
        key=("as_of", "model", "change", "cluster_before", "cluster_after"),
        published=True,
        accumulates=True,
        writer=tables.MODEL_REGISTRY,
        owner=_ANALYTICS,
    ),
    TableContract(
        tables.MODEL_CALIBRATION,
        "A tenth of customers by what a model foretold of a held-out later period, beside what came.",
        MODEL_CALIBRATION_COLUMNS,
        key=("as_of", "model", "version", "bin"),
        published=True,
        accumulates=True,
        writer=tables.MODEL_REGISTRY,
        owner=_ANALYTICS,
    ),
    TableContract(
        tables.MODEL_CURVES,
        "So many judged customers with the highest forecasts of a predictive model, and how much of what came they had.",
        MODEL_CURVES_COLUMNS,
        key=("as_of", "model", "version", "depth"),
        published=True,
        accumulates=True,
        writer=tables.MODEL_REGISTRY,
        owner=_ANALYTICS,
        when=lambda config: bool(config.predictions),
    ),
    TableContract(
        tables.MODEL_DRIFT,
        "A feature of a predictive model, or its score: how customers are spread over it today, against those it was judged on.",
        MODEL_DRIFT_COLUMNS,
        key=("as_of", "model", "version", "input"),
        published=True,
        accumulates=True,
        writer=tables.MODEL_REGISTRY,
        owner=_ANALYTICS,
        when=lambda config: bool(config.predictions),
    ),
    TableContract(
        tables.MODEL_GROUPS,
        "A declared group among the customers a predictive model was judged by: what was foretold of them, and what came.",
        MODEL_GROUPS_COLUMNS,
        key=("as_of", "model", "version", "attribute", "customer_group"),
        published=True,
        accumulates=True,
        writer=tables.MODEL_REGISTRY,
        owner=_ANALYTICS,
        when=_looks_at_groups,
    ),
    TableContract(
        tables.SEND_AFFINITY,
        "An hour of mailings or a channel of contacts on a day, and a group of customers: how often they responded.",
        SEND_AFFINITY_COLUMNS,
        key=("as_of", "dimension", "customer_group", "value"),
        published=True,
        accumulates=True,
        writer=tables.MODEL_REGISTRY,
        owner=_ANALYTICS,
        when=lambda config: config.has("email_events") or config.has("campaign_contacts"),
    ),
)
