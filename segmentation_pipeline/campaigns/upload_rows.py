"""The people of a list as a platform wants them: every column spelled, hashed and defused as its profile says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.audience_profiles.forms import spelled
from segmentation_pipeline.campaigns.audience_people import OF_ARM
from segmentation_pipeline.campaigns.csv_file import harmless
from segmentation_pipeline.config.schema import AudienceProfile, ListColumn

PERSON = "_customer_id"
"""Whose row it is: beside the columns of the profile, for the record alone."""
_IDENTITY = "_identity"
_DIGITS_COMPARED = 8
"""So many last digits of two numbers are the same when they are one, written nationally and internationally."""
_PEOPLES_WORDS = ("first_name", "last_name", "street", "postal_code", "city", "country")


@dataclass(frozen=True, slots=True)
class UploadColumns:
    """The columns of one list: those of the profile in order, then ``content``, then those that come last."""

    profile: AudienceProfile
    columns: tuple[ListColumn, ...]
    content: tuple[str, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        first = [column.header for column in self.columns if not column.last]
        return (*first, *self.content, *(column.header for column in self.columns if column.last))

    @property
    def remembered(self) -> tuple[str, ...]:
        """What is told of a person, who without another value of them is the same row: neither place in the list nor content."""
        return tuple(column.header for column in self.columns if column.field not in (None, "rank"))

    @property
    def identifying(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns if column.identifies)

    @property
    def of_removed(self) -> tuple[str, ...]:
        """The columns of a file of those who leave: all but place and content."""
        return tuple(header for header in self.headers if header in self.remembered or header in self.fixed)

    @property
    def fixed(self) -> dict[str, str]:
        return {c.header: c.value for c in self.columns if c.value is not None and not c.states_consent}


def upload_rows(people: ir.Table, shape: UploadColumns, shared_phones: ir.Table | None) -> ir.Table:
    """A row per person whom the platform can find: ``_customer_id``, ``_rank`` and ``shape.headers``, texts but for ranks.

    ``people`` have the normalised contact fields, ``customer_id``, ``rank`` and the content; of ``shared_phones``
    (``phones_of_several``) no number is written.  Whoever has none of the identifying columns is left out.
    """
    if shared_phones is not None:
        people = people.mutate(_ending=phone_ending(people)).left_join(shared_phones, "_ending").drop("_ending_right")
        people = people.mutate(phone=people._shared.fill_null(False).ifelse(ibis.null("string"), people.phone))
    columns = {column.header: _cell(people, column, shape.profile) for column in shape.columns}
    # The campaign's own content was defused when it was made.
    columns |= {name: harmless(people[name]) if name in OF_ARM else people[name] for name in shape.content}
    rows = people.select(**{PERSON: people.customer_id, "_rank": people["rank"]}, **{h: columns[h] for h in shape.headers})
    return rows.filter(ibis.or_(*(rows[name].notnull() for name in shape.identifying)))


def _cell(people: ir.Table, column: ListColumn, profile: AudienceProfile) -> ir.Value:
    if column.value is not None:
        return ibis.literal(column.value)
    if column.field is None or column.field == "rank":
        return people["rank"]
    text = spelled(people[column.field], column.field, column.spelling, column.hash)
    if column.longest is not None:
        text = text.substr(0, column.longest)
    asked = profile.read_by == "spreadsheet" or column.field in _PEOPLES_WORDS
    return harmless(text) if asked and column.hash is None else text


def phone_ending(people: ir.Table) -> ir.StringValue:
    """By what numbers are compared that may be one."""
    return cast(ir.StringValue, people.phone.right(_DIGITS_COMPARED))


def phones_of_several(known: ir.Table) -> ir.Table:
    """The numbers more than one of ``known`` has: ``_ending`` and ``_shared``.  Nobody asked the others for their consent."""
    ended = known.filter(known.phone.notnull()).select("customer_id", _ending=phone_ending(known))
    counted = ended.group_by("_ending").agg(people=ended.customer_id.nunique())
    return counted.filter(counted.people > 1).select("_ending", _shared=ibis.literal(True))


def newcomers(rows: ir.Table, before: ir.Table, columns: Sequence[str]) -> ir.Table:
    """``rows`` of whom ``before`` has none with the same values of ``columns``."""
    return _with_key(rows, columns).anti_join(_with_key(before, columns).select(_IDENTITY), _IDENTITY).drop(_IDENTITY)


def leavers(rows: ir.Table, before: ir.Table, shape: UploadColumns) -> ir.Table:
    """The rows of ``before`` that the platform would find nobody of ``rows`` by, with ``shape.of_removed``.

    Somebody whose address changed leaves with the old one and is new with the other.
    """
    gone = newcomers(before, rows, shape.identifying)
    fixed = {header: ibis.literal(value) for header, value in shape.fixed.items()}
    return gone.select(PERSON, **{name: fixed[name] if name in fixed else gone[name] for name in shape.of_removed})


def _with_key(rows: ir.Table, columns: Sequence[str]) -> ir.Table:
    key: ir.StringValue = ibis.literal("")
    for name in columns:
        key = key + rows[name].fill_null("") + "\x1f"
    return rows.mutate(**{_IDENTITY: key})


def json_line(rows: ir.Table, columns: Sequence[str]) -> ir.Table:
    """One column ``line``: each row as a JSON object, unknown values null."""
    line: ir.StringValue = ibis.literal("{")
    for place, name in enumerate(columns):
        line = line + ("" if place == 0 else ", ") + _json(ibis.literal(name)) + ": " + _json(rows[name]).fill_null("null")
    return rows.select(line=line + "}")


def _json(value: ir.Value) -> ir.StringValue:
    if not value.type().is_string():
        return cast(ir.StringValue, value.cast("string"))
    text = cast(ir.StringValue, value)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for sign, spelled_as in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        escaped = escaped.replace(sign, spelled_as)
    return cast(ir.StringValue, ibis.literal('"') + escaped + '"')
