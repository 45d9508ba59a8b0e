"""Who may be one person, told as a clerk with a card index would: lists, sets and loops, no pipeline.

It does not say who is merged in every case, for a doubt may block; it says what must never be, and where nothing
speaks against a merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from segmentation_pipeline_tests.properties.people_worlds import Account, Value, World

Pair = frozenset[str]
LARGEST = 10


class Clerk:
    """What is known of one world on a night, with or without what comes late."""

    def __init__(self, world: World, *, late: bool) -> None:
        self.accounts = {account.key: account for account in world.accounts}
        records = [record for record in world.records if late or not record.late]
        decisions = [decision for decision in world.decisions if late or not decision.late]
        self.known = {record.account for record in records}
        self._held: dict[Value, set[str]] = {}
        for record in records:
            if record.value is not None:
                self._held.setdefault(record.value, set()).add(record.account)
        self.always = [(d.one, d.other) for d in decisions if d.verdict == "always_merge"]
        sound = [d for d in decisions if d.verdict in ("always_merge", "never_merge") and d.other in self.accounts]
        self.known |= {key for decision in sound for key in (decision.one, decision.other)}
        self.never: set[Pair] = set()
        self.alone: set[str] = set()
        for decision in decisions:
            if decision.verdict != "always_merge":
                if decision.other in self.accounts:
                    self.never.add(frozenset((decision.one, decision.other)))
                else:
                    self.alone.add(decision.one)

    def linked(self) -> list[set[str]]:
        """Who hangs together by values of somebody or by decisions."""
        groups = [*self._held.values(), *map(set, self.always)]
        return _joined(self.accounts, groups)

    def decided(self) -> list[set[str]]:
        return _joined(self.accounts, map(set, self.always))

    def kept_apart(self, people: Iterable[str]) -> bool:
        """Whether somebody decided, or may have, that two of them are not one."""
        some = set(people)
        return any(pair <= some for pair in self.never) or (len(some) > 1 and bool(some & self.alone))

    def wrong(self, person: set[str]) -> Iterator[str]:
        """What is wrong with taking these accounts for one person."""
        if self.kept_apart(person):
            yield f"{sorted(person)}: somebody decided against it"
        if not any(person <= group for group in self.linked()):
            yield f"{sorted(person)}: nothing of anybody joins them"
        decided = self.decided()
        for one, other in combinations(sorted(person), 2):
            together = any({one, other} <= group for group in decided)
            if not together and _contradict(self.accounts[one], self.accounts[other]):
                yield f"{one} and {other}: names or birth dates differ"

    def surely_one(self) -> Iterator[set[str]]:
        """The groups against whose being one person nothing speaks."""
        for group in self.linked():
            cards = [value for value, held in self._held.items() if value[0] == "loyalty_card" and held & group]
            at_odds = any(_contradict(self.accounts[a], self.accounts[b]) for a, b in combinations(group, 2))
            if 1 < len(group) <= LARGEST and not at_odds and not self.kept_apart(group) and len(cards) <= 1:
                yield group
        for group in self.decided():
            if len(group) > 1 and not self.kept_apart(group):
                yield group


def persons(world: World, canonical: Mapping[str, str]) -> list[set[str]]:
    """The accounts of each person of the world, as the pipeline has them."""
    found: dict[str, set[str]] = {}
    for account in world.accounts:
        found.setdefault(canonical.get(account.key, account.key), set()).add(account.key)
    return list(found.values())


def _contradict(one: Account, other: Account) -> bool:
    named = one.group is not None and other.group is not None and one.group != other.group
    return named or (one.born is not None and other.born is not None and one.born != other.born)


def _joined(everybody: Iterable[str], groups: Iterable[set[str]]) -> list[set[str]]:
    """Sets that share somebody, as one set, until none do."""
    parts: list[set[str]] = []
    for group in (*groups, *({key} for key in everybody)):
        touching = [part for part in parts if part & group]
        parts = [part for part in parts if not part & group] + [set().union(group, *touching)]
    return parts


def told(violations: Iterable[str]) -> Sequence[str]:
    """The first of them, so that a failure can be read."""
    return list(violations)[:5]
