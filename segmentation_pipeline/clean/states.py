"""What became of a row: the values of ``_state`` in the judged tables."""

CLEAN = 0
LATER = 1
"""Sound, but it happens, or was corrected, after ``as_of``."""
SUPERSEDED = 2
"""Sound, but another accepted row has its key and a later version."""
REJECTED = 3
