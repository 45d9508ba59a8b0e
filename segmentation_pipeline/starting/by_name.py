"""A file that no profile knows: what its columns may be, by their names in eight languages.  To be confirmed, all of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from segmentation_pipeline.config.diagnostics import one_of
from segmentation_pipeline.config.yaml_file import read_yaml
from segmentation_pipeline.contracts.sources import SOURCES
from segmentation_pipeline.errors import UserError
from segmentation_pipeline.rules.file_columns import columns_read
from segmentation_pipeline.starting.exports import Export
from segmentation_pipeline.starting.mapping import Draft
from segmentation_pipeline.starting.questions import Answers, Question

_SYNONYMS = Path(__file__).with_name("synonyms.yaml")
CONFIRM = "to be confirmed: taken for it by its name alone"
_NO_KEY = (
    "a key that is on one row only (numbers that begin anew each year? 'order_id: {from: [year, number]}'; "
    "lines of orders? then they need a product, and the key of the line)"
)
_UNIT_PRICE = "unit_price"
_NOT_MAPPED = "not mapped"


def drafts_by_name(export: Export, answers: Answers) -> list[Draft]:
    """The source that a file with unknown columns may be.  Raises ``UserError`` when it can be none."""
    candidates = {name: _candidates(name, export.header) for name in _synonyms()}
    complete = [name for name, found in candidates.items() if not _lacking(name, found)]
    possible = [name for name in complete if _keys_fit(name, candidates[name], export)]
    if "orders" in complete and not {"orders", "order_items"} & set(possible):
        possible = []  # it has all of an order: what it has of a customer is no reason to take it for one
    if not possible:
        nearest = min(candidates, key=lambda name: (len(_lacking(name, candidates[name])), list(candidates).index(name)))
        lacking = ", ".join(_lacking(nearest, candidates[nearest])) or _NO_KEY
        raise UserError(
            f"{export.file.name} is no export that is known, and its columns do not say what it is: as {nearest} it lacks "
            f"{lacking}. Columns there: {', '.join(map(repr, export.header))}. Write config/sources.yaml (docs/your_data.md)."
        )
    options = {**dict.fromkeys(possible, ""), "skip": "leave the file out"}
    short = PurePosixPath(export.file.name).name
    question = Question(
        short,
        f"{export.file.name} is no export that is known. What does it hold?",
        options=options,
        usual=_most_telling(possible),
    )
    name = answers.take(question)
    if name is None or name == "skip":
        return []
    draft = Draft(name, {"columns": {}}, ["Columns are told by their names alone: confirm each, then delete this line."])
    for column, found in candidates[name].items():
        origin = _chosen(export, name, column, found, answers)
        if origin is not None:
            draft.columns[column] = origin
            draft.why[column] = CONFIRM
    read = columns_read(name, draft.config())
    if unread := [column for column in export.header if column and column not in read]:
        draft.said.append(f"Not read: {', '.join(unread)}.")
    return [draft]


def _chosen(export: Export, source: str, column: str, found: Sequence[object], answers: Answers) -> object:
    """The column of the file, asked for where several may be it: whether an amount is with tax, nobody can tell by names."""
    if len(found) == 1:
        return found[0]
    declared = SOURCES[source].column(column)
    needed = declared.required or column in SOURCES[source].any_of
    options = {**{str(name): "" for name in found}, **({} if needed else {_NOT_MAPPED: ""})}
    text = f"Which column of {export.file.name} is {source}.{column} ({declared.description.rstrip('.')})?"
    answer = answers.take(Question(f"{source}.{column}", text, options=options))
    return None if answer == _NOT_MAPPED else answer


def _candidates(source: str, header: Sequence[str]) -> dict[str, list[object]]:
    """The contract columns that may be in the file, with what may be them: columns, or a price by a quantity."""
    found: dict[str, list[object]] = {}
    price: list[object] = []
    for column, words in _synonyms()[source].items():
        there: list[object] = [name for name in header if folded(name) in words]
        if column == _UNIT_PRICE:
            price = there
        elif there:
            found[column] = there
    if len(price) == len(found.get("quantity", ())) == 1 and "amount" not in found:
        [quantity] = found["quantity"]
        found["amount"] = [{"expression": f'"{quantity}" * "{price[0]}"'}]
    if source == "order_items":
        found.setdefault("line_number", [{"from_row": True}])
    return found


def _most_telling(possible: Sequence[str]) -> str | None:
    """Of what a file may be, the one that asks for most columns: it has them all by chance least."""
    asked = {name: sum(column.required for column in SOURCES[name].columns) for name in possible}
    most = [name for name in possible if asked[name] == max(asked.values())]
    return most[0] if len(most) == 1 else None


def _lacking(source: str, found: Mapping[str, Sequence[object]]) -> list[str]:
    contract = SOURCES[source]
    lacking = [column.name for column in contract.columns if column.required and column.name not in found]
    if source == "order_items" and not {"product_id", "quantity"} & found.keys():
        lacking.append("product_id or quantity")
    if contract.any_of and not any(column in found for column in contract.any_of):
        lacking.append(one_of(contract.any_of))
    return lacking


def _keys_fit(source: str, found: Mapping[str, Sequence[object]], export: Export) -> bool:
    """Whether the key is on one row only: an order number on several rows is that of lines."""
    [*keys] = SOURCES[source].natural_key
    if len(keys) != 1 or keys[0] not in found:
        return True
    values = export.of([str(name) for name in found[keys[0]][:1]])
    return len(set(values)) == len(values)


def known_by_name() -> tuple[str, ...]:
    """The sources whose columns are known by many names."""
    return tuple(_synonyms())


def words_of_consent() -> frozenset[str]:
    """Parts of the names of columns that may say who agreed to be contacted, or did not."""
    return frozenset(folded(word) for word in _data()["may_say_no"])


@cache
def _synonyms() -> dict[str, dict[str, frozenset[str]]]:
    words, sources = _data()["words"], _data()["sources"]
    return {
        source: {column: frozenset(folded(word) for word in words[column]) for column in columns}
        for source, columns in sources.items()
    }


@cache
def _data() -> dict[str, Any]:
    data = read_yaml(_SYNONYMS).data
    assert isinstance(data, dict)
    return data


def folded(name: str) -> str:
    """A column's name without case, accents and signs.

    >>> folded("Bestell-Nr."), folded("Número de pedido")
    ('bestellnr', 'numerodepedido')
    """
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss").replace("ł", "l"))
    return re.sub("[^a-z0-9]", "", plain)
