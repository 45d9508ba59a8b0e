"""What a model of customers is: the columns it gives them, what it reads, how it is fitted, scores and is validated.

A model is one file beside this one and one line of ``SCORE_MODELS`` in ``catalog.py``, as a feature family is.  It is fitted
on counts or a bounded sample, every version goes into the registry, and its scores are table arithmetic on everybody's
features.  What is asked of every model is declared here; who asks knows no model by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, NamedTuple

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.schema.base import Model
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.engine.base import Engine
from segmentation_pipeline.features.available_columns import Catalog
from segmentation_pipeline.models.registry import ModelVersion, Registered, Training
from segmentation_pipeline.rules.decision_boundaries import DecisionBoundaries

Sizes = Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What models are fitted on, all of it known at the end of ``training.as_of``.

    ``features`` is ``customer_features``.  ``orders`` are the completed orders: customer_id, event_date, amount and more.
    ``registry`` has the model versions of the days that were published; None before the first.  ``drawn`` is who was drawn for
    campaigns, once each: ``campaign_key``, ``customer_id``, ``arm``, ``counts_from``, the first day whose orders count, and
    ``contacted``, False also where the contact log says that nobody was written to; None where no model asks.
    """

    engine: Engine
    config: Config
    features: ir.Table
    orders: ir.Table
    registry: ir.Table | None
    training: Training
    drawn: ir.Table | None = None


def tables_of_drawn(config: Config) -> tuple[str, ...]:
    """The tables ``TrainingData.drawn`` is made from, beside the lists of earlier days."""
    log = (tables.clean("campaign_contacts"),) if config.has("campaign_contacts") else ()
    identity = (tables.CUSTOMER_IDENTITY,) if config.has("identities") else ()
    return (*log, *identity, tables.EXCLUDED_CUSTOMERS)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The day's versions, champions and challengers; by name of a table of the model's own the day's rows for it; what is
    told beside metrics and notes; and by title figures that are told as a picture, each with its label."""

    versions: Sequence[ModelVersion]
    tables: Mapping[str, ir.Table] = field(default_factory=dict)
    numbers: Mapping[str, int | float | str] = field(default_factory=dict)
    figures: Mapping[str, Sizes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scoring:
    """What customers are scored with on ``as_of``: the parameters of the day's champions, read back from the registry."""

    engine: Engine
    config: Config
    registered: Registered
    as_of: date


class Outcome(NamedTuple):
    """Whether a validation holds, what was observed, and what to know where it does not."""

    holds: bool
    observed: str
    explanation: str


@dataclass(frozen=True, slots=True)
class Validation:
    """A warning about a version that scores the day, where it has not shown what it claims on data it had not seen.

    ``name`` is unique among all models; ``version`` is what the version is called in the registry.  ``description`` reads as
    "... must ...", ``catches`` says which mistake it finds.  ``outcome`` is asked with the champion's row of the registry and
    the number of customers it scores.
    """

    name: str
    version: str
    expectation: str
    description: str
    catches: str
    outcome: Callable[[Mapping[str, Any], int], Outcome]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a person is told of the day's scores: figures, and by title how many customers have which value."""

    customers: int
    numbers: Mapping[str, int | float | str] = field(default_factory=dict)
    sizes: Mapping[str, Sizes] = field(default_factory=dict)


class ScoreModel(ABC):
    """One model, or several of one kind that a project names: its columns are part of ``models.customer_scores``."""

    name: ClassVar[str]
    """What its version is called in the registry, and the key of ``models`` in ``pipeline.yaml`` its own keys stand under."""

    table: ClassVar[str]
    """The view that shows its columns of the customers it scores."""

    description: ClassVar[str]
    """What a row of that view is."""

    keys: ClassVar[type[Model] | None] = None
    """The keys it takes in the configuration; all of them have defaults."""

    validated_by: ClassVar[str] = "validated"
    """The name of the asset check that tells its validations."""

    @abstractmethod
    def columns(self, config: Config) -> tuple[Column, ...]:
        """What it adds to a customer; a model without columns is off."""

    @abstractmethod
    def reads(self, config: Config) -> tuple[str, ...]:
        """The features it is made from."""

    @abstractmethod
    def fit(self, data: TrainingData) -> Fitted:
        """The day's versions.  Sparse data never raises: a version says in its note what it falls back to."""

    @abstractmethod
    def score(self, customers: ir.Table, scoring: Scoring) -> ir.Table:
        """``customers`` with its columns; null for those it cannot score.

        ``customers`` has everybody's features that models read (``lineage``) and the scores of the models before it, and no other
        rows or columns change.
        """

    def fitted_on(self, config: Config) -> tuple[str, ...]:
        """The tables it is fitted on beside features and orders."""
        return ()

    def scored_with(self, config: Config) -> tuple[str, ...]:
        """The tables it scores with beside features and the registry."""
        return ()

    def settings(self, config: Config) -> Any:
        """What the project says under its key; the defaults in a configuration that was made without the keys of models."""
        said = getattr(config.pipeline.models, self.name, None)
        return self.keys() if said is None and self.keys else said

    def versions(self, config: Config) -> tuple[str, ...]:
        """What its versions are called in the registry."""
        return (self.name,)

    def named(self, config: Config) -> Mapping[str, KeyPath]:
        """The names among them that the project gave, each with the keys it stands under."""
        return {}

    def lineage(self, config: Config) -> Mapping[str, tuple[str, ...]]:
        """By column, the features it is made from."""
        return {column.name: self.reads(config) for column in self.columns(config)}

    def unavailable(self, config: Config, off: Mapping[str, str]) -> dict[str, str]:
        """Its columns that are off, with a reason a person can act on; ``off`` are those of features."""
        return {}

    def problems(self, config: Config, features: Catalog, file: YamlFile) -> Iterator[Diagnostic]:
        """What is wrong with its keys that only the rest of the project tells; ``features`` has no scores."""
        return iter(())

    def unpublished(self, config: Config, registered: Registered) -> frozenset[str]:
        """Its columns that are null for everybody on the day, because no credible version stands behind them."""
        return frozenset()

    def decision_boundaries(self, registered: Registered) -> tuple[DecisionBoundaries, ...]:
        """The values of single features at which its scores change on the day; none where scores follow from several at once,
        and then a customer is not told what would change them."""
        return ()

    def validations(self, config: Config) -> tuple[Validation, ...]:
        """What its versions must have shown."""
        return ()

    def summary(self, scores: ir.Table, scoring: Scoring) -> Summary:
        """What is told of the day's scores; ``scores`` is its view."""
        return Summary(scoring.engine.count(scores))

    def view(self, scores: ir.Table, config: Config) -> ir.Table:
        """One row per customer it scores: customer_id and its columns, of the ``scores`` of all models."""
        names = [column.name for column in self.columns(config)]
        return scores.filter(ibis.or_(*(scores[name].notnull() for name in names))).select("customer_id", *names)


def sizes_of(engine: Engine, scores: ir.Table, column: str) -> Sizes:
    """How many customers have which value of ``column``, the largest group first."""
    counted = scores.group_by(label=scores[column]).agg(rows=scores.count())
    rows = engine.rows(counted.order_by(counted["rows"].desc(), "label"))
    return [(str(row["label"]), float(row["rows"])) for row in rows]
