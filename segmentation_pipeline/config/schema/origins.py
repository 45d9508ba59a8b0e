"""Where data comes from and goes to beyond the project folder: databases and object stores.

Belongs here: how such a place is named.  A secret never stands in a file: keys that end in
``_env`` hold the name of an environment variable.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from segmentation_pipeline.config.schema.base import Model

EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="the name of an environment variable")]
TableName = Annotated[
    str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)?$", description="a table such as public.orders, spelt as in the database")
]


def _text(value: object) -> object:
    """Options are texts; what YAML reads as a number or truth value is one all the same."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value


Option = Annotated[str, BeforeValidator(_text), Field(description="a text, a number, true or false")]
StorageOptions = Annotated[
    dict[str, Option], Field(description="options of the fsspec file system; NAME_env: VARIABLE takes NAME from the environment")
]


class CursorConfig(Model):
    """``column`` only ever grows: a row that is new or changed has a value no lower than all before."""

    column: str


class DatabaseConfig(Model):
    """A PostgreSQL ``table`` or ``query``.  ``url_env`` names the variable with the database's URL.

    With ``cursor`` only rows from the last cursor value on are read; without it all rows, each time.
    """

    url_env: EnvName
    table: TableName | None = None
    query: str | None = None
    cursor: CursorConfig | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give exactly one of 'table' or 'query'")
        return self
