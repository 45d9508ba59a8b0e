"""What a trigger is: the keys it takes in ``campaigns.yaml``, what it needs, and the day of the event of each customer.

A trigger is one file beside this one and one line in ``catalog.py``.  From its declaration come its keys under ``trigger``,
its mistakes told at load, the tables the step of campaigns reads, and its words in funnels and reasons.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Self

import ibis.expr.types as ir
from pydantic import model_validator

from segmentation_pipeline.config.diagnostics import Diagnostic
from segmentation_pipeline.config.schema import Config, TriggerConfig
from segmentation_pipeline.config.yaml_file import KeyPath, YamlFile
from segmentation_pipeline.contracts import tables
from segmentation_pipeline.features.build import completed_orders
from segmentation_pipeline.features.family import is_mapped
from segmentation_pipeline.identity.canonical import table_by_customer


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a trigger works with, all of it known at the end of ``as_of``.

    ``table`` opens one of the tables it reads, ``rows`` gives the rows of a bounded one.  ``first`` to ``last`` are the
    days of events that are asked for; they may lie after ``as_of``.
    """

    table: Callable[[str], ir.Table]
    rows: Callable[[ir.Table], list[dict[str, Any]]]
    config: Config
    as_of: date
    first: date
    last: date

    def asked(self, day: ir.DateValue) -> ir.BooleanValue:
        """Whether an event of the day is asked for."""
        return day.between(self.first, self.last)

    def by_customer(self, source: str) -> ir.Table:
        """The clean rows of a source by person."""
        return self.table(table_by_customer(self.config, source))

    @property
    def orders(self) -> ir.Table:
        """The completed orders by person."""
        return completed_orders(self.by_customer("orders"), self.config)

    @property
    def profile(self) -> ir.Table:
        return self.table(tables.CUSTOMER_PROFILE)


class Trigger(TriggerConfig, ABC):
    """One kind of event; ``on`` is a literal of the one word that chooses it."""

    foreseeable: ClassVar[bool] = False
    """Whether its day is known before it comes, so that ``days_before`` means something."""

    def needs(self) -> tuple[str, ...]:
        """The source columns it cannot do without, ``source.column``."""
        return ()

    def off(self, config: Config) -> str | None:
        """Why it cannot work with this configuration, beside ``needs``; None when it can."""
        return None

    def problems(self, config: Config, file: YamlFile, path: KeyPath) -> Iterator[Diagnostic]:
        """What else is wrong with its keys that only the rest of the project tells; they stand at ``path``."""
        return iter(())

    @abstractmethod
    def reads(self, config: Config) -> tuple[str, ...]:
        """The tables it reads beside ``customer_profile``."""

    @abstractmethod
    def happened(self, inputs: Inputs) -> ir.Table:
        """customer_id and ``trigger_on`` (DATE, business time zone): the days of events among those asked for.

        A customer with several has several rows.
        """

    def why_off(self, config: Config) -> str | None:
        """Why it cannot work with this configuration, in a reason a person can act on; None when it can."""
        for needed in self.needs():
            source, column = needed.split(".")
            if source not in config.sources:
                return f"source '{source}' is not configured"
            if not is_mapped(config, needed):
                return f"source '{source}' maps no column '{column}'"
        return self.off(config)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.days_before and self.days_after:
            raise ValueError("give 'days_before' or 'days_after', not both: a message is due on one day")
        if self.days_before and not self.foreseeable:
            raise ValueError(f"'days_before' has no meaning here: nobody knows '{self.on}' before it happens; use 'days_after'")
        return self


def order_tables(config: Config) -> tuple[str, ...]:
    """The tables ``Inputs.orders`` reads."""
    return (table_by_customer(config, "orders"),)
