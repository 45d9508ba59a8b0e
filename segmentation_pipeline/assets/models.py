"""Fit small, score in the engine: one step fits and registers, one per model scores everybody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.assets.model_guards import CREDIBLE, clv_results, structure_results, structure_rules
from segmentation_pipeline.assets.pictures import bars
from segmentation_pipeline.assets.survey import survey_versions, with_survey_models
from segmentation_pipeline.assets.table_asset import Step
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.contracts.model_tables import CLUSTER_CHANGES_COLUMNS, MODEL_REGISTRY_COLUMNS
from segmentation_pipeline.contracts.scores import CLUSTERS, CLV_COLUMNS, FORECASTS, RFM_COLUMNS
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.features.catalog import CUSTOMER_ID, cluster_features
from segmentation_pipeline.identity.canonical import rows_by_customer
from segmentation_pipeline.publish.publication import published_part
from segmentation_pipeline.quality.checks import checks_for
from segmentation_pipeline.run_context import RunContext, StepResult, code_version

if TYPE_CHECKING:
    from segmentation_pipeline.models.cluster_model import ClusterModel
    from segmentation_pipeline.models.registry import ModelVersion, Training

_RFM, _CLV = "rfm", "clv"
_RFM_READS = ("recency_days", "frequency", "monetary")
_CLV_READS = ("order_days", "recency_days", "tenure_days", "first_order_date", "monetary")


def steps(config: Config) -> list[Step]:
    rules = checks_for(config)

    def score_step(
        table: str, description: str, columns: Sequence[Column], reads: Sequence[str], compute: Any, **guards: Any
    ) -> Step:
        return Step(
            table=table,
            group="models",
            description=description,
            compute=compute,
            deps=[tables.MODEL_REGISTRY, tables.CUSTOMER_FEATURES],
            columns=(CUSTOMER_ID, *columns),
            lineage={column.name: [(tables.CUSTOMER_FEATURES, read) for read in reads] for column in columns},
            rules=rules.get(table, ()),
            owner="team:analytics",
            **guards,
        )

    return [
        Step(
            table=tables.MODEL_REGISTRY,
            group="models",
            description="A fitted model on a day: parameters, metrics on a later period than training, why a fallback.",
            compute=_fit,
            deps=[tables.CUSTOMER_FEATURES, tables.clean("orders")],
            columns=MODEL_REGISTRY_COLUMNS,
            kinds=frozenset({"duckdb", "scikitlearn"}),
            owner="team:analytics",
        ),
        Step(
            table=tables.CLUSTER_CHANGES,
            group="models",
            description="What became of a cluster when a new model took over: kept, split, merged, born or died.",
            compute=_cluster_changes,
            deps=[tables.MODEL_REGISTRY],
            columns=CLUSTER_CHANGES_COLUMNS,
            owner="team:analytics",
        ),
        score_step(
            tables.RFM_SCORES,
            "Recency, frequency and monetary scores 1 to 5, equal values equal scores, and the named segment.",
            RFM_COLUMNS,
            _RFM_READS,
            _score_rfm,
        ),
        score_step(
            tables.CLV_SCORES,
            "Probability to be alive, expected orders and lifetime value, by the model that foretold the last days best.",
            CLV_COLUMNS,
            _CLV_READS,
            _score_clv,
            thresholds=clv_results,
            threshold_rules={"credible": [CREDIBLE]},
        ),
        score_step(
            tables.CLUSTER_SCORES,
            "The cluster of a customer in each cluster model and the distance to its centre.",
            config.cluster_columns,
            tuple(dict.fromkeys(f for name in config.pipeline.models.by_cluster_model for f in cluster_features(config, name))),
            _score_clusters,
            thresholds=structure_results,
            threshold_rules={"structure": structure_rules(config)},
        ),
    ]


def _fit(run: RunContext, as_of: date) -> StepResult:
    from segmentation_pipeline.models.clv import fit_clv
    from segmentation_pipeline.models.registry import Training, registry_row
    from segmentation_pipeline.models.rfm import fit_rfm

    engine, config = run.engine, run.config
    features = engine.table(tables.CUSTOMER_FEATURES)
    orders = completed_orders(rows_by_customer(engine, config, "orders"), config)
    buyers = features.filter(features.frequency > 0)
    span: dict[str, Any] = engine.rows(buyers.agg(first=buyers.first_order_date.min(), rows=buyers.count()))[0]
    training = Training(as_of, span["first"], code_version(engine.name), run.fingerprint)
    cuts = fit_rfm(engine, features)
    clv = fit_clv(engine, features, orders, as_of, config.pipeline.models.clv, config.privacy.salt)
    clusters, changes = _cluster_versions(run, training, features)
    versions = [
        training.version(_RFM, "quintiles", _RFM_READS, cuts.to_parameters(), span["rows"], {}),
        training.version(_CLV, clv.kind, _CLV_READS, clv.to_parameters(), clv.training_rows, clv.metrics, clv.note),
        *survey_versions(run, training),
        *clusters,
    ]
    rows = ibis.union(*(registry_row(engine, version) for version in versions))
    engine.replace_slice(tables.MODEL_REGISTRY, rows, {"as_of": as_of})
    engine.replace_slice(tables.CLUSTER_CHANGES, changes, {"as_of": as_of})
    return _told(versions, config)


def _cluster_versions(run: RunContext, training: Training, features: ir.Table) -> tuple[list[ModelVersion], ir.Table]:
    """Of each cluster model the champion of the day and, where there was one, its challenger; and what a change of
    champion did to the clusters, as rows of ``CLUSTER_CHANGES``."""
    from segmentation_pipeline.models.cluster_champion import contest, past_of
    from segmentation_pipeline.models.cluster_identity import changes_table
    from segmentation_pipeline.models.registry import ModelVersion

    engine, config, as_of = run.engine, run.config, training.as_of
    known = published_part(engine, engine.table(tables.MODEL_REGISTRY)) if engine.has(tables.MODEL_REGISTRY) else None
    versions, changes = [], {}

    def version(name: str, model: ClusterModel, is_champion: bool) -> ModelVersion:
        reads, parameters = cluster_features(config, name), model.to_parameters()
        return training.version(
            name, model.shape.kind, reads, parameters, model.training_rows, model.metrics, model.note, is_champion
        )

    for name, clusters in config.pipeline.models.by_cluster_model.items():
        past = past_of(engine, known, name, as_of) if known is not None else None
        held = contest(engine, features, past, cluster_features(config, name), clusters, config.privacy.salt, as_of)
        versions.append(ModelVersion.kept(held.kept, as_of) if held.kept else version(name, held.champion, True))
        if held.challenger:
            versions.append(version(name, held.challenger, False))
        changes[name] = held.changes
    return versions, changes_table(engine, changes, as_of)


def _told(versions: Sequence[ModelVersion], config: Config) -> StepResult:
    """The day's versions as a person sees them on the asset's page."""
    numbers: dict[str, int | float | str] = {}
    texts: dict[str, str] = {}
    for made in versions:
        title = made.model if made.is_champion else f"{made.model} challenger"
        numbers |= {f"{title}: {name}": value for name, value in made.metrics.items() if value is not None}
        if made.model in config.pipeline.models.by_cluster_model and made.is_champion and made.trained_to:
            numbers[f"{title}: champion since"] = made.trained_to.isoformat()
        if made.note:
            numbers[f"{title}: note"] = made.note
        texts[f"{title} parameters"] = f"```json\n{json.dumps(made.parameters, indent=1)[:4000]}\n```"
    silhouettes = [
        (name.removeprefix("silhouette_") + " clusters", value)
        for made in versions
        if made.model == CLUSTERS and made.is_champion
        for name, value in made.metrics.items()
        if name.startswith("silhouette_") and value is not None
    ]
    picture = bars(silhouettes, "silhouette by number of clusters") if silhouettes else None
    return StepResult(rows=len(versions), numbers=numbers, texts=texts, picture=picture)


def registered(run: RunContext, model: str, as_of: date) -> dict[str, Any]:
    """The parameters of the champion of the day, read back from the registry."""
    from segmentation_pipeline.models.registry import champion

    return champion(run.engine, model, as_of)


def cluster_models(run: RunContext, as_of: date) -> dict[str, ClusterModel]:
    """The day's champion of each cluster model, by name."""
    from segmentation_pipeline.models.cluster_model import ClusterModel

    names = run.config.pipeline.models.by_cluster_model
    return {name: ClusterModel.from_parameters(registered(run, name, as_of)) for name in names}


def unpublished_columns(run: RunContext, as_of: date) -> frozenset[str]:
    """The columns that are null for everybody because no credible model stands behind them on the day."""
    from segmentation_pipeline.models.clv import NOT_CREDIBLE

    credible = registered(run, _CLV, as_of)["purchases"]["kind"] != NOT_CREDIBLE
    return frozenset() if credible else frozenset(FORECASTS)


def scored_customers(run: RunContext, as_of: date) -> ir.Table:
    """One row per customer: the features and the scores of the day's models, as one expression."""
    from segmentation_pipeline.models.cluster_model import with_clusters
    from segmentation_pipeline.models.clv import ClvModel, with_clv
    from segmentation_pipeline.models.rfm import RfmCuts, with_rfm

    engine = run.engine
    table = with_rfm(engine.table(tables.CUSTOMER_FEATURES), RfmCuts.from_parameters(registered(run, _RFM, as_of)))
    clv = ClvModel.from_parameters(registered(run, _CLV, as_of))
    table = with_clv(table, clv, engine.table(tables.PURCHASES_AHEAD))
    for name, model in cluster_models(run, as_of).items():
        table = with_clusters(table, model, name)
    return with_survey_models(run, table, lambda model: registered(run, model, as_of))


def _score_rfm(run: RunContext, as_of: date) -> StepResult:
    from segmentation_pipeline.models.rfm import RfmCuts, score_rfm

    cuts = RfmCuts.from_parameters(registered(run, _RFM, as_of))
    run.engine.view(tables.RFM_SCORES, score_rfm(run.engine.table(tables.CUSTOMER_FEATURES), cuts))
    return _scored(run, tables.RFM_SCORES, "rfm_segment")


def _score_clv(run: RunContext, as_of: date) -> StepResult:
    from segmentation_pipeline.models.clv import ClvModel, purchases_ahead, score_clv

    engine, features = run.engine, run.engine.table(tables.CUSTOMER_FEATURES)
    model = ClvModel.from_parameters(registered(run, _CLV, as_of))
    engine.write(tables.PURCHASES_AHEAD, purchases_ahead(engine, features, model))
    engine.view(tables.CLV_SCORES, score_clv(features, model, engine.table(tables.PURCHASES_AHEAD)))
    everybody = engine.table(tables.CLV_SCORES)
    scores = everybody.filter(everybody.p_alive.notnull())
    band = (scores.p_alive * 10).floor().clip(upper=9).cast("int64")
    grouped = scores.group_by(band=band).agg(
        rows=scores.count(), clv=scores.clv.sum(), likely_alive=(scores.p_alive >= 0.5).sum()
    )
    counted = engine.rows(grouped.order_by("band"))
    sizes = [(f"{int(str(r['band'])) / 10:.1f}-{int(str(r['band'])) / 10 + 0.1:.1f}", float(str(r["rows"]))) for r in counted]
    return StepResult(
        engine.count(everybody),
        numbers={
            "model": model.kind,
            "expected revenue in the horizon": str(sum((Decimal(str(row["clv"])) for row in counted), Decimal(0))),
            "customers likely alive": sum(int(str(row["likely_alive"])) for row in counted),
        },
        picture=bars(sizes, "customers by probability to be alive") if sizes else None,
    )


def _score_clusters(run: RunContext, as_of: date) -> StepResult:
    from segmentation_pipeline.models.cluster_model import score_clusters

    features = run.engine.table(tables.CUSTOMER_FEATURES)
    run.engine.view(tables.CLUSTER_SCORES, score_clusters(features, cluster_models(run, as_of)))
    return _scored(run, tables.CLUSTER_SCORES, "cluster")


def _cluster_changes(run: RunContext, as_of: date) -> StepResult:
    stored = run.engine.table(tables.CLUSTER_CHANGES)
    today = run.engine.rows(stored.filter(stored.as_of == as_of).order_by("model", "change", "cluster_before", "cluster_after"))
    lines = "\n".join(
        f"| {r['model']} | {r['change']} | {r['cluster_before'] or ''} | {r['cluster_after'] or ''} | {r['customers']} |"
        for r in today
    )
    head = "| model | change | before | after | customers |\n|---|---|---|---|---|\n"
    return StepResult(len(today), texts={"changes of the day": head + lines} if today else {})


def _scored(run: RunContext, table: str, label: str) -> StepResult:
    sizes = _sizes(run, table, label)
    return StepResult(int(sum(size for _, size in sizes)), picture=bars(sizes, f"customers by {label.replace('_', ' ')}"))


def _sizes(run: RunContext, table: str, column: str) -> list[tuple[str, float]]:
    scores: ir.Table = run.engine.table(table)
    counted = scores.group_by(label=scores[column]).agg(rows=scores.count())
    rows = run.engine.rows(counted.order_by(counted["rows"].desc(), "label"))
    return [(str(row["label"]), float(str(row["rows"]))) for row in rows]
