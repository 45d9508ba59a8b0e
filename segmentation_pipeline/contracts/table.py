"""The vocabulary every table is described in: its name, what a row is, and all that is derived from saying so once.

Belongs here: how one table is described.  Does not belong here: which tables exist (``table_contracts.py`` lists them).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from segmentation_pipeline.contracts.columns import Column


def always(config: Any) -> bool:
    """Of tables every project has."""
    return True


@dataclass(frozen=True, slots=True)
class TableContract:
    """What is true of one table, whatever is in it.

    ``table`` is schema and name: the name in the warehouse, the asset and, without the schema, the published table.
    ``description`` says what a row is.  ``columns`` are all there are, in order; those that depend on the configuration
    are given by ``columns_of``.  Working tables nobody reads from outside may leave them undeclared.  ``key`` tells rows
    apart.  ``writer`` is the step that writes the table, itself when left out; of tables ``of_steps`` every step that
    declares it adds rows of its own, and the writer, if it is a step, shows them.  ``asset``: whether Dagster draws it;
    others are working tables of their writer.  ``accumulates``: holds all days, not just the day of the run.
    ``checked``: what columns and key imply is checked after every run.  ``when`` says which configurations have it.
    """

    table: str
    description: str
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()
    columns_of: Callable[[Any], tuple[Column, ...]] | None = None
    when: Callable[[Any], bool] = always
    published: bool = False
    accumulates: bool = False
    checked: bool = False
    asset: bool = True
    of_steps: bool = False
    writer: str = ""
    group: str = ""
    owner: str = "team:data"
    kinds: frozenset[str] = frozenset({"duckdb"})

    def __post_init__(self) -> None:
        """What follows from the name is filled in."""
        object.__setattr__(self, "writer", self.writer or self.table)
        object.__setattr__(self, "group", self.group or self.table.partition(".")[0])

    @property
    def name(self) -> str:
        """The name without the schema: that of the published table."""
        return self.table.rpartition(".")[2]

    def of(self, config: Any) -> TableContract:
        """With the columns it has in a configuration."""
        if self.columns_of is None:
            return self
        return replace(self, columns=self.columns_of(config), columns_of=None)


def working_table(table: str, description: str, writer: str, **more: Any) -> TableContract:
    """A table between steps, which Dagster does not draw."""
    return TableContract(table, description, writer=writer, asset=False, **more)
