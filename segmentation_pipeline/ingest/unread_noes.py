"""Columns of the customers' files that may say who must not be contacted, and that no source reads.

Shops often keep a no beside the customer and not in a ledger: ``accepts_marketing``, ``Newsletter``, ``Werbesperre``.
Nothing is taken from such a column: what it says is the configuration's to tell.  It is only told when it says no.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.config.schema.workbooks import SheetReading
from segmentation_pipeline.contracts.text import as_text, in_form
from segmentation_pipeline.engine.base import Engine, SourceFileError
from segmentation_pipeline.ingest.files import SourceFile, has_landed, source_files
from segmentation_pipeline.rules.file_columns import columns_read

LOOKED_AT = "customers"
"""The source whose files are looked at: other rows, such as orders, say what was so at their time."""

_OBJECTING = re.compile(
    r"opt(ed)?out|unsub|do(es)?not|dont|no(e?mail|marketing|newsletter|contact|call|sms|ads?$|promo)|suppress|blocked|blacklist"
    r"|dnc$|robinson|objection|objected|bounced|complain|deceased|verstorben|gesperrt|sperre|werbeverbot|keinewerbung|keinemail"
    r"|widerspruch|widerspricht|widerruf|abgemeldet|d[eé]sinscri|d[eé]sabonn|nepascontact|nocontactar|^baja|disiscri|noncontatt"
    r"|uitgeschreven|afgemeld|geenreclame|descadastr|wypisan|sprzeciw"
)
_AGREEING = re.compile(
    r"opt(ed)?in|accept.*(marketing|mail|sms|newsletter|promo|offers)|(marketing|mail|sms|contact|phone|post).*(ok|allow|permi|erlaub|status)"
    r"|allow.*(marketing|mail|sms|contact)|newsletter|subscribe[dr]|consent|can(be)?(contact|email|call|mail|sms)|contactable|mailable"
    r"|gdpr|dsgvo|rgpd|einwillig|werbeerlaub|werbung|abonn[eé]|inscrit|suscrit|bolet[ií]n|consens|iscritt|toestemming|nieuwsbrief"
    r"|ingeschreven|subscrito|zgoda"
)
"""Stems of names without capitals, blanks and signs; a column that may be both objects."""
_NO = (
    "no",
    "n",
    "0",
    "false",
    "f",
    "off",
    "nein",
    "non",
    "nee",
    "nie",
    "não",
    "nao",
    "never",
    "denied",
    "declined",
    "not subscribed",
)
_NO_OBJECTION = ("-", "null", "none", "nan", "n/a", "allow", "allowed", "erlaubt", "active", "aktiv", "subscribed", "0.0")
_SAYS_NO = (
    r"unsub|opt(ed)?[ _-]?out|withdr|revok|reject|refus|abgemeld|widerruf|d[eé]s(insc|abon)|disiscr|uitgeschr|afgemeld|"
    r"cleaned|bounced|complain"
)


_CHANNELS = (
    (re.compile(r"sms|text|mobile?$"), ("sms",)),
    (re.compile(r"e-?mail|newsletter|nieuwsbrief|bolet"), ("email",)),
    (re.compile(r"phone|call|telef"), ("phone", "sms")),
    (re.compile(r"mail|post|letter|brief"), ("email", "post")),
)


@dataclass(frozen=True, slots=True)
class UnreadColumn:
    """A column nobody reads, and whether what it says is a no (``opted_out``) or a yes (``newsletter``)."""

    file: SourceFile
    column: str
    objects: bool

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels its name tells it is about; empty for every one."""
        bare = _bare(self.column)
        return next((channels for name, channels in _CHANNELS if name.search(bare)), ())

    def is_of(self, channel: str) -> bool:
        """Whether it may be about contacts on a channel."""
        return not self.channels or channel in self.channels

    def says_no(self, value: ir.Value) -> ir.BooleanValue:
        """Whether a value of the column is a no; an empty one says nothing."""
        text = in_form(as_text(value)).lower()
        if self.objects:
            return cast(ir.BooleanValue, (text.notnull() & text.notin((*_NO, *_NO_OBJECTION))).fill_null(False))
        return cast(ir.BooleanValue, (text.isin(_NO) | text.re_search(_SAYS_NO)).fill_null(False))


def kind_of(column: str) -> bool | None:
    """True for the name of a column that says who objects, False for one that says who agrees, else None.

    >>> [kind_of(name) for name in ("Opted-Out", "acceptsMarketing", "Newsletter", "subscription_plan", "email")]
    [True, False, False, None, None]
    """
    bare = _bare(column)
    return True if _OBJECTING.search(bare) else False if _AGREEING.search(bare) else None


def _bare(column: str) -> str:
    return re.sub(r"[\W_]+", "", column).lower()


def unread_columns(engine: Engine, root: Path, config: Config) -> list[UnreadColumn]:
    """The columns of the customers' files whose names tell of consent and that no source reads."""
    if not config.has(LOOKED_AT):
        return []
    source = config.sources[LOOKED_AT]
    read = _read_by_all(root, config)
    found = []
    for file in _files(root, config, LOOKED_AT):
        for column in engine.file_columns(file.path, file.format, source.csv, SheetReading(source.xlsx)):
            objects = kind_of(column)
            if objects is not None and (file.path, column) not in read:
                found.append(UnreadColumn(file, column, objects))
    return found


def rows_that_say_no(engine: Engine, config: Config, column: UnreadColumn, held: ExitStack) -> ir.Table:
    """Where the column says no: ``_file`` and ``_row``, staged."""
    source, file = config.sources[LOOKED_AT], column.file
    with engine.reading(file.path):
        try:
            read = engine.read_file(file.path, file.format, (column.column,), source.csv, SheetReading(source.xlsx))
        except SourceFileError:  # of a type that nobody could read: `check` names the column
            return engine.memtable({"_row": [], "_file": []}, {"_row": "int64", "_file": "string"})
        rows = read.records.filter(column.says_no(read.records[column.column]))
        return held.enter_context(engine.staged(rows.select("_row", _file=ibis.literal(file.name))))


def _files(root: Path, config: Config, name: str) -> Iterator[SourceFile]:
    source = config.sources[name]
    if source.derive_from or (source.lands and not has_landed(root, name, source)):
        return
    try:
        yield from source_files(root, name, source)
    except SourceFileError:
        return  # the step that reads them says what is wrong


def _read_by_all(root: Path, config: Config) -> set[tuple[Path, str]]:
    """Which columns of which files are read, by any source."""
    each = (
        {(file.path, column) for file in _files(root, config, name) for column in columns_read(name, source)}
        for name, source in config.sources.items()
    )
    return reduce(set.union, each, set())
