"""How a function of the languages of conditions is used, for the reference of them.

Belongs here: what an entry of the reference is.  Each function says its own where it is declared.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """``form`` is how it is written and ``gives`` what it makes, in words; ``example`` shows it, and ``of_unknown`` what it
    makes of a value that is not known.  Both are evaluated by a test of the reference."""

    form: str
    gives: str
    example: str
    of_unknown: str
