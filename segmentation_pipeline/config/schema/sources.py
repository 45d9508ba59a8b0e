"""``sources.yaml``: which files there are and what their columns mean."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from segmentation_pipeline.config.schema.base import MOST_DAYS, Model, Name, known_timezone
from segmentation_pipeline.config.schema.date_formats import known_format, readings_agree
from segmentation_pipeline.config.schema.numbers import NumberStyle
from segmentation_pipeline.config.schema.origins import URL_SIGN, SourceOrigin, StorageOptions
from segmentation_pipeline.config.schema.workbooks import UNSAID, WORKBOOK, XlsxOptions, may_be_workbook

SKIP = "skip"
"""What a word of a column that decides may mean beside what the contract allows: the row is left out, and counted."""

SEPARATORS = "-_/:|#~,;*@"
"""What may stand between the parts of a key: no sign that makes a number or a word of them."""


def _tuple(value: object) -> object:
    """Behind ``SourceConfig._short_form`` strict validation no longer knows a list from a file."""
    return tuple(value) if isinstance(value, list) else value


def _known(formats: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
    for pattern in () if formats is None else (formats,) if isinstance(formats, str) else formats:
        known_format(pattern)
    if formats is not None and not isinstance(formats, str):
        readings_agree(formats)
    return formats


class ColumnMapping(Model):
    """Where one contract column comes from.

    ``from`` names the column in the file, or several that are joined, by ``separator``: a key is one only when all are
    there.  ``pad_to`` gives parts of a key that are of digits alone leading zeros up to a length, by the column's name.
    ``first_of`` takes the first of several that is not empty, ``expression`` calculates over the file's columns.
    ``from_row: true`` counts the rows of a file that share the rest of their key instead (for
    line files without a line number); ``value`` is one constant for all rows.  ``format`` is a
    strptime pattern, ``excel``, ``epoch`` or ``epoch_ms``, or a list tried in order; ``values`` renames
    values after trimming, matched without regard to case; ``other`` is what a word that ``values``
    does not name means, of columns that decide what a row means.  There ``skip`` is a meaning too: the
    row is left out and counted as skipped.  ``number`` says how this column writes numbers, where it is
    otherwise than the source's ``number``.
    """

    source_column: Annotated[
        str | Annotated[tuple[str, ...], Field(min_length=2)] | None,
        Field(alias="from", description="the name of a column in the file, or a list of several that are joined"),
        BeforeValidator(_tuple),
    ] = None
    separator: Annotated[str, Field(pattern=f"^[{SEPARATORS}]$", description=f"one of the signs {SEPARATORS}")] | None = None
    pad_to: dict[str, Annotated[int, Field(ge=2, le=64)]] = Field(default_factory=dict)
    first_of: Annotated[
        Annotated[tuple[str, ...], Field(min_length=2)] | None,
        Field(description="a list of columns in the file, at least two"),
        BeforeValidator(_tuple),
    ] = None
    expression: str | None = None
    from_row: bool = False
    value: str | None = None
    format: Annotated[str | tuple[str, ...] | None, BeforeValidator(_tuple)] = None
    values: dict[str, str] = Field(default_factory=dict)
    other: str | None = None
    number: NumberStyle | None = None

    @field_validator("format")
    @classmethod
    def _known_formats(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        return _known(value)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [self.source_column, self.first_of, self.expression, self.value, self.from_row or None]
        if sum(origin is not None for origin in given) != 1:
            raise ValueError("give exactly one of 'from', 'first_of', 'expression', 'from_row: true' or 'value'")
        if self.separator is not None and not isinstance(self.source_column, tuple):
            raise ValueError("'separator' is for a list of columns under 'from'")
        if self.pad_to and not isinstance(self.source_column, tuple):
            raise ValueError(
                "'pad_to' is for a list of columns under 'from'; for a key of one column it stands in pipeline.yaml, business"
            )
        return self

    @property
    def is_derived(self) -> bool:
        """Whether it is made of the file's columns and not just one of them."""
        return isinstance(self.source_column, tuple) or self.first_of is not None or self.expression is not None


class FillDown(Model):
    """Columns of the file whose value stands only in the first of several lines that belong together.

    An empty cell of ``columns`` takes the last value above it, in the same file, of the lines that have the same ``within``.
    """

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    within: str


Encoding = Literal[
    "utf-8", "utf-16", "latin-1", "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1251", "windows-1252", "windows-1253",
    "windows-1254", "shift_jis", "gb18030", "big5", "cp437", "cp850", "mac-roman",
]  # fmt: skip
"""Where a file says ``latin-1`` and has bytes that are letters in windows-1252 alone, it is read as that."""


class CsvOptions(Model):
    """How a file of text is parted: by ``delimiter``, with ``quote`` around values that hold one, in ``encoding``.

    ``skip_lines`` stand before the line with the column names; a line ``sep=;`` there is skipped by itself.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encoding: Encoding = "utf-8"
    skip_lines: Annotated[int, Field(ge=0, le=1000)] = 0


class Lookup(Model):
    """A second file that is joined by key: its columns are ``<lookup>.<column>`` wherever columns of the file may be named.

    ``files`` lie in the project folder; ``format``, ``csv`` and ``xlsx`` are those of a source.
    ``key`` is the column both files have, or which column of the file is which of the second one; keys must be unique there.
    ``unmatched``: a row whose key the second file does not have is refused, left out and counted (``skip``), or has no values
    (``empty``); a row without a key has none.
    """

    files: str | Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(_tuple)]
    format: Literal["csv", "parquet", "jsonl", "json", "xlsx"] | None = None
    csv: CsvOptions = CsvOptions()
    xlsx: XlsxOptions = UNSAID
    key: Annotated[
        str | Annotated[dict[str, str], Field(min_length=1)],
        Field(description="a column, or a mapping from columns of the file to those of the second file"),
    ]
    unmatched: Literal["refuse", "skip", "empty"] = "refuse"

    @field_validator("files")
    @classmethod
    def _local(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if any(URL_SIGN in pattern for pattern in ((value,) if isinstance(value, str) else value)):
            raise ValueError("files to look up lie in the project folder")
        return value

    @property
    def keys(self) -> dict[str, str]:
        """The columns of the file, with those of the second one that they are compared with."""
        return {self.key: self.key} if isinstance(self.key, str) else self.key

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.files,) if isinstance(self.files, str) else self.files


_ALWAYS_SAID = ("source_column", "from_row", "value", "format", "values")


class SourceConfig(SourceOrigin):
    """One source: its files, how to read them and which column means what.

    ``files`` are patterns in the project folder or URLs of an object store such as
    ``s3://bucket/orders/*.csv``, opened with ``storage_options``.  What is fetched is landed as local files before it is read.
    ``format`` is told by the ending of a file's name unless it is given; ``csv`` and ``xlsx`` say how such files are read.
    ``date_format`` and ``number`` are how all columns write days, moments and numbers, ``timezone`` where moments without an
    offset are from, if not from where the business is.
    ``profile`` names a known export and its version, such as ``shopify_orders@1`` (docs/exports.md): the source is what the
    profile says, with the keys beside it laid over.  Mappings are merged key by key, anything else replaces, null takes a
    key out; a column that is given its origin here loses the profile's.  ``choose`` answers what the profile asks.
    ``columns`` left out means the files use the contract's names.  ``derive_from: order_items``
    (orders only) makes one order of all lines that share an ``order_id``, for shops whose export
    is line items.  ``unknown_references: keep`` accepts rows that point to, say, a customer no
    customer file lists.
    ``delivery`` says what may be missing beside the last run: ``full`` (everything comes again), ``incremental``
    (files only come on top) or ``rolling`` (old files leave).
    ``lookup`` names second files that are joined by key.
    ``fill_down`` fills cells that are empty because they repeat those above them; ``skip_when`` names conditions on the
    file's columns under which a row is left out on purpose, and counted under that name.
    ``retention_days`` keeps rows of so many days up to ``as_of``; older ones are not taken in, and removed as days go by.
    ``copies``: rows of one key that name another customer, day or amount stop the run (``must_agree``), or the latest counts.
    ``anonymous``: keys of customers that stand for nobody, ``""`` for none at all; such rows count and belong to no customer.
    ``negative``: what orders and lines with a negative amount or quantity are: refused, goods that came back, or cancelled.
    """

    profile: Annotated[str | None, Field(description="the name of a profile and its version, such as shopify_orders@1")] = None
    choose: Annotated[
        dict[str, str], Field(description="answers to what the profile asks, by its name, such as {amount: total}")
    ] = Field(default_factory=dict)
    storage_options: StorageOptions = Field(default_factory=dict)
    derive_from: Literal["order_items"] | None = None
    format: Literal["csv", "parquet", "jsonl", "json", "xlsx"] | None = None
    csv: CsvOptions = CsvOptions()
    xlsx: XlsxOptions = UNSAID
    columns: dict[
        str,
        Annotated[
            ColumnMapping,
            Field(
                description="the name of a column in the file, or a mapping with from, first_of, expression, from_row or value"
            ),
        ],
    ] = Field(default_factory=dict)
    fill_down: FillDown | None = None
    lookup: dict[Name, Lookup] = Field(default_factory=dict)
    anonymous: Annotated[tuple[str, ...], Field(description="a list of keys that stand for nobody"), BeforeValidator(_tuple)] = ()
    skip_when: dict[str, str] = Field(default_factory=dict)
    date_format: str | tuple[str, ...] | None = None
    number: NumberStyle = NumberStyle()
    timezone: str | None = None
    unknown_references: Literal["quarantine", "keep"] = "quarantine"
    delivery: Literal["full", "incremental", "rolling"] = "full"
    retention_days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = None
    copies: Literal["must_agree", "latest"] = "must_agree"
    negative: Literal["refuse", "return", "cancel"] = "refuse"

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if isinstance(value, dict):
            return {k: {"from": v} if isinstance(v, str) else v for k, v in value.items()}
        return value

    @field_validator("date_format")
    @classmethod
    def _known_formats(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        return _known(value)

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str | None) -> str | None:
        return value if value is None else known_timezone(value)

    @model_validator(mode="after")
    def _has_origin(self) -> Self:
        if sum(way is not None for way in (self.files, *self._origins.values(), self.derive_from)) != 1:
            *ways, last = ("files", *self._origins, "derive_from")
            raise ValueError(f"give exactly one of {', '.join(map(repr, ways))} or {last!r}")
        kind = next((key for key, origin in self._origins.items() if origin), None)
        if self.gives_rows and self.format:
            raise ValueError(f"'format' is for files; a {kind} needs none")
        if self.lookup and (self.gives_rows or self.derive_from):
            raise ValueError(f"'lookup' is for a source of files{self.origin.instead_of_lookup if self.origin else ''}")
        if self.gives_rows and any(mapping.from_row for mapping in self.columns.values()):
            raise ValueError(f"'from_row' is for files; the rows of a {kind} have no number")
        return self

    @property
    def meaning(self) -> dict[str, object]:
        """What decides what the rows of a file mean: keys that say nothing stand in it only where they always did, so that
        a version that knows more keys takes the same configuration for the same."""
        dumped = self.model_dump(mode="json", include={"columns", "fill_down", "skip_when", "lookup"})
        usual = ColumnMapping(value="").model_dump(mode="json")
        columns = {
            name: {key: value for key, value in mapping.items() if key in _ALWAYS_SAID or value != usual[key]}
            for name, mapping in dumped.pop("columns").items()
        }
        sheet = {} if self.xlsx == UNSAID else {"xlsx": self.xlsx.model_dump(mode="json")}
        return {"columns": columns} | {key: value for key, value in dumped.items() if value} | sheet

    @property
    def may_have_workbooks(self) -> bool:
        """Whether among its files may be workbooks, whose cells of dates are dates whatever ``date_format`` says."""
        return self.format == WORKBOOK or (self.format is None and any(map(may_be_workbook, self._files)))


class SourcesConfig(Model):
    sources: dict[str, SourceConfig]

    @model_validator(mode="after")
    def _orders_present(self) -> Self:
        if "orders" not in self.sources:
            raise ValueError("source 'orders' is required")
        orders = self.sources["orders"]
        for name, source in self.sources.items():
            if source.derive_from and name != "orders":
                raise ValueError(f"sources.{name}.derive_from: only 'orders' can be derived")
        if orders.derive_from and orders.derive_from not in self.sources:
            raise ValueError(f"sources.orders.derive_from: source '{orders.derive_from}' is not configured")
        return self
