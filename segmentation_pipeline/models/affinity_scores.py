"""Channel and hour affinity as a model: where a customer is most likely to respond, by own sends as far as they tell.

Belongs here: what the rest of the program asks.  Rates and their judgement are in ``affinity/``, imported where they are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.yaml_file import YamlFile
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.available_columns import ATTRIBUTES, Catalog
from segmentation_pipeline.identity.canonical import tables_by_customer
from segmentation_pipeline.models.affinity.settings import AffinityConfig
from segmentation_pipeline.models.affinity.trials import CHANNEL, HOUR, SOURCES, dimensions, trials
from segmentation_pipeline.models.registry import Registered
from segmentation_pipeline.models.score_model import Fitted, ScoreModel, Scoring, TrainingData

NAMES = {HOUR: "best_send_hour", CHANNEL: "best_channel"}
_NULL = "too few sends to the customer's group to choose from, or rates did not foretell later responses"


class AffinityScores(ScoreModel):
    name = "affinity"
    table = tables.AFFINITY_SCORES
    description = "The hour and the channel at which a customer is most likely to respond."
    keys = AffinityConfig

    def columns(self, config: Config) -> tuple[Column, ...]:
        settings = self.settings(config)
        clicks, orders = f"a click within {settings.click_days} days", f"an order within {settings.order_days} days"
        hour, channel = NAMES[HOUR], NAMES[CHANNEL]
        of = {
            HOUR: (
                Column(
                    hour,
                    Type.INTEGER,
                    "Hour at which a mailing to the customer is most likely to be clicked, by the clock of the business.",
                    "hour 0-23",
                    _NULL,
                    minimum=0,
                    maximum=23,
                ),
                _rate(f"{hour}_rate", f"Probability of {clicks} of a mailing sent at {hour}."),
            ),
            CHANNEL: (
                Column(
                    channel,
                    Type.TEXT,
                    "Channel by which a contact of the customer is most likely to be followed by an order.",
                    null_means=_NULL,
                ),
                _rate(f"{channel}_rate", f"Probability of {orders} of a contact by {channel}, whatever led to it."),
            ),
        }
        return tuple(column for dimension in dimensions(config) for column in of[dimension])

    def reads(self, config: Config) -> tuple[str, ...]:
        group = self.settings(config).group
        return (group,) if group else ()

    def fitted_on(self, config: Config) -> tuple[str, ...]:
        sources = dict.fromkeys(source for dimension in dimensions(config) for source in SOURCES[dimension])
        return tuple(tables_by_customer(config, *sources)) if sources else ()

    def scored_with(self, config: Config) -> tuple[str, ...]:
        return self.fitted_on(config)

    def unavailable(self, config: Config, off: Mapping[str, str]) -> dict[str, str]:
        missing = {
            dimension: next(source for source in SOURCES[dimension] if not config.has(source))
            for dimension in SOURCES
            if dimension not in dimensions(config)
        }
        return {
            column: f"source '{source}' is not configured"
            for dimension, source in missing.items()
            for column in (NAMES[dimension], f"{NAMES[dimension]}_rate")
        }

    def versions(self, config: Config) -> tuple[str, ...]:
        return tuple(_version(dimension) for dimension in dimensions(config))

    def problems(self, config: Config, features: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
        """A group that is no text column, or a personal attribute."""
        group = self.settings(config).group
        if group is None:
            return
        path = ("models", self.name, "group")
        if group in ATTRIBUTES:
            yield file.problem(
                path, f"the personal attribute '{group}'", "a column that is none: nobody is sent to by who they are"
            )
        elif wrong := features.missing(group, (Type.TEXT,), "text"):
            yield file.problem(path, *wrong)

    def fit(self, data: TrainingData) -> Fitted:
        from segmentation_pipeline.models.affinity.best import affinity_rows, affinity_table, candidates_of
        from segmentation_pipeline.models.affinity.judge import fit_affinity

        engine, config, as_of, settings = data.engine, data.config, data.training.as_of, self.settings(data.config)
        versions, rows = [], []
        for dimension in dimensions(config):
            sends = trials(engine, config, dimension, as_of, settings)
            wait = settings.click_days if dimension == HOUR else settings.order_days
            groups = _groups(data.features, settings)
            made = fit_affinity(engine, sends, groups, as_of, wait, settings.holdout_days, settings.min_group_sends)
            candidates = candidates_of(made.cells, settings.min_group_sends)
            rates = made.rates.to_parameters() if made.rates else None
            parameters = {"published": made.kind, "rates": rates, "candidates": candidates}
            reads = self.reads(config)
            versions.append(
                data.training.version(_version(dimension), made.kind, reads, parameters, made.customers, made.metrics, made.note)
            )
            rows += affinity_rows(as_of, dimension, made.cells, made.rates, candidates, made.kind)
        return Fitted(versions, {tables.SEND_AFFINITY: affinity_table(engine, rows)})

    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        from segmentation_pipeline.models.affinity.best import best_values
        from segmentation_pipeline.models.affinity.rates import Rates

        settings, rows = self.settings(scoring.config), customers
        for dimension in dimensions(scoring.config):
            of, name = scoring.registered(_version(dimension)), NAMES[dimension]
            kind: ir.Value = ibis.null("int64" if dimension == HOUR else "string")
            if not _is_published(of):
                rows = rows.mutate(**{name: kind, f"{name}_rate": ibis.null("float64")})
                continue
            sends = trials(scoring.engine, scoring.config, dimension, scoring.as_of, settings)
            groups = _groups(customers, settings)
            best = best_values(
                scoring.engine, groups, sends, Rates.from_parameters(of["rates"]), of["candidates"], of["published"], settings
            )
            told = best.select(whose="customer_id", **{name: best.best.cast(kind.type()), f"{name}_rate": best.rate})
            rows = rows.left_join(told, rows.customer_id == told.whose).drop("whose")
        return rows

    def unpublished(self, config: Config, registered: Registered) -> frozenset[str]:
        off = [NAMES[dimension] for dimension in dimensions(config) if not _is_published(registered(_version(dimension)))]
        return frozenset(column for name in off for column in (name, f"{name}_rate"))


def _version(dimension: str) -> str:
    return f"affinity_{dimension}"


def _is_published(parameters: Mapping[str, object]) -> bool:
    return parameters["published"] != "none" and bool(parameters["candidates"])


def _groups(customers: ir.Table, settings: AffinityConfig) -> ir.Table:
    """customer_id and the group each is declared to be in."""
    from segmentation_pipeline.models.affinity.rates import EVERYBODY

    declared = customers[settings.group].fill_null(EVERYBODY) if settings.group else ibis.literal(EVERYBODY)
    return customers.select("customer_id", group=declared)


def _rate(name: str, description: str) -> Column:
    return Column(name, Type.NUMBER, description, "probability 0-1", _NULL, minimum=0, maximum=1)


AFFINITY = AffinityScores()
