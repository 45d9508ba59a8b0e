"""The names and texts a rule may use: columns, those that are off, and the values a column can have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_

import ibis

from segmentation_pipeline.config.diagnostics import RuleDiagnostic, did_you_mean, one_of, shown
from segmentation_pipeline.contracts.columns import Column
from segmentation_pipeline.rules.lexer import AS_OF
from segmentation_pipeline.rules.typed_expr import Predicate, TypedExpr
from segmentation_pipeline.rules.value_kinds import BOOLEAN, DAY, as_kind, kind_of


class SymbolTable:
    """What names mean in one rule; ``used`` lists the columns asked for so far.

    ``segmentations`` has the rule of each segment of those whose segments overlap; those that are
    a column have no rules there.
    """

    def __init__(
        self,
        columns: Mapping[str, Column],
        labels: Mapping[str, Collection[str]],
        unavailable: Mapping[str, str],
        segmentations: Mapping[str, Mapping[str, Predicate]],
    ) -> None:
        self.used: list[str] = []
        self._columns = columns
        self._labels = labels
        self._unavailable = unavailable
        self._segmentations = segmentations

    def part(self, name: str, position: int | None) -> TypedExpr | RuleDiagnostic:
        """The column (or ``as_of``) of that name, or why there is none."""
        if name == AS_OF:
            return TypedExpr(DAY, lambda scope: ibis.literal(scope.as_of), constant=True)
        if name not in self._columns:
            return self._unknown(name, position)
        kind = kind_of(self._columns[name])
        if kind is None:
            return RuleDiagnostic(
                f"the column '{name}', a point in time", "a day, number, text or true/false column", None, position
            )
        self.used.append(name)
        return TypedExpr(kind, lambda scope: as_kind(scope.table[name], kind), column=name)

    def members(self, name: str, segments: Sequence[str], position: int | None) -> TypedExpr | RuleDiagnostic:
        """Whether a customer is in one of the segments: true or false, never unknown."""
        if name in self._unavailable:
            return self._unknown(name, position)
        if name not in self._segmentations:
            expected = one_of(self._segmentations, "segmentation")
            hint = did_you_mean(name, self._segmentations)
            return RuleDiagnostic(f"the unknown segmentation '{name}'", expected, hint, position)
        rules = self._segmentations[name]
        if strange := next(self._strange(name, segments, rules or self._values(name), position), None):
            return strange
        if rules:
            chosen = [rules[segment] for segment in segments]
            self.used += [column for rule in chosen for column in rule.columns]
            return TypedExpr(BOOLEAN, lambda scope: reduce(or_, (rule.bind(scope.table, scope.as_of) for rule in chosen)))
        self.used.append(name)
        return TypedExpr(BOOLEAN, lambda scope: scope.table[name].isin(segments).fill_null(False))

    def strange_values(self, part: TypedExpr, values: Sequence[TypedExpr], position: int | None) -> Iterator[RuleDiagnostic]:
        """Texts compared with a column that, by what is known of it, never holds them."""
        if part.column:
            texts = [value.text for value in values if value.text is not None]
            yield from self._strange(part.column, texts, self._values(part.column), position)

    @staticmethod
    def _strange(name: str, texts: Sequence[str], known: Collection[str], position: int | None) -> Iterator[RuleDiagnostic]:
        for text in texts:
            if known and text not in known:
                yield RuleDiagnostic(
                    f"{shown(text)}, which {name} never is", one_of(known, "value"), did_you_mean(text, known), position
                )

    def _unknown(self, name: str, position: int | None) -> RuleDiagnostic:
        if name in self._unavailable:
            return RuleDiagnostic(f"the column '{name}', which is not available: {self._unavailable[name]}", "", None, position)
        if name in self._segmentations:
            expected = f"in_segment({name}, '{next(iter(self._segmentations[name]))}')"
            return RuleDiagnostic(f"'{name}', whose segments overlap, as one value of a customer", expected, None, position)
        is_label = any(name in self._values(column) for column in self._columns)
        hint = f"write '{name}' in single quotes if it is a text" if is_label else did_you_mean(name, self._columns)
        return RuleDiagnostic(f"the unknown column '{name}'", one_of(self._columns, "column"), hint, position)

    def _values(self, column: str) -> Collection[str]:
        return self._labels.get(column) or self._columns[column].allowed
