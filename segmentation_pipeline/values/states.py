"""What became of a row: the values of ``_state`` in the judged tables."""

CLEAN = 0
FUTURE_DATED = 1
"""Sound, but it happens, or was corrected, after ``as_of``."""
SUPERSEDED = 2
"""Sound, but another accepted row has its key and a later version."""
REJECTED = 3
ANONYMOUS = 4
"""Accepted, and of nobody: no customer is named, or one that the configuration says stands for nobody."""

ACCEPTED = (CLEAN, ANONYMOUS)
"""Rows that count in the shop's totals."""

SOUND = (*ACCEPTED, FUTURE_DATED)
"""Rows that count, now or later, and repeat no other."""
