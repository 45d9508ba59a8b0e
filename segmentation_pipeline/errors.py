"""The root of every error a person can mend: its message says what, where and what to do."""


class UserError(Exception):
    """Shown as its message alone, never with a traceback."""
