"""The names and texts a rule may use: columns, those that are off, and the values a column can have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import ibis

from segmentation_pipeline.config.mistakes import Mistake, did_you_mean, one_of, shown
from segmentation_pipeline.config.rule_kinds import DAY, as_kind, kind_of
from segmentation_pipeline.config.rule_parts import Part
from segmentation_pipeline.config.rule_words import AS_OF
from segmentation_pipeline.contracts.columns import Column


class Names:
    """What names mean in one rule; ``used`` lists the columns asked for so far."""

    def __init__(
        self, columns: Mapping[str, Column], labels: Mapping[str, Collection[str]], unavailable: Mapping[str, str]
    ) -> None:
        self.used: list[str] = []
        self._columns = columns
        self._labels = labels
        self._unavailable = unavailable

    def part(self, name: str, position: int | None) -> Part | Mistake:
        """The column (or ``as_of``) of that name, or why there is none."""
        if name == AS_OF:
            return Part(DAY, lambda scope: ibis.literal(scope.as_of), constant=True)
        if name not in self._columns:
            return self._unknown(name, position)
        kind = kind_of(self._columns[name])
        if kind is None:
            return Mistake(f"the column '{name}', a point in time", "a day, number, text or true/false column", None, position)
        self.used.append(name)
        return Part(kind, lambda scope: as_kind(scope.table[name], kind), column=name)

    def _unknown(self, name: str, position: int | None) -> Mistake:
        if name in self._unavailable:
            return Mistake(f"the column '{name}', which is not available: {self._unavailable[name]}", "", None, position)
        is_label = any(name in self._values(column) for column in self._columns)
        hint = f"write '{name}' in single quotes if it is a text" if is_label else did_you_mean(name, self._columns)
        return Mistake(f"the unknown column '{name}'", one_of(self._columns, "column"), hint, position)

    def strange_values(self, part: Part, values: Sequence[Part]) -> Iterator[Mistake]:
        """Texts compared with a column that, by what is known of it, never holds them."""
        known = self._values(part.column) if part.column else ()
        for value in values:
            if known and value.text is not None and value.text not in known:
                found = f"{shown(value.text)}, which {part.column} never is"
                yield Mistake(found, one_of(known, "value"), did_you_mean(value.text, known))

    def _values(self, column: str) -> Collection[str]:
        return self._labels.get(column) or self._columns[column].allowed
