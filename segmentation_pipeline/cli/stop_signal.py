"""Whether a person or the system asked this process to stop, also where the exception that tells so was lost.

Python raises it wherever the signal finds it, and what is raised while an object is cleaned up is thrown away.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class StopSignal:
    """``received`` is true once SIGINT or SIGTERM has come, however it was handled."""

    _pipe: int
    _received: bool = False

    @property
    def received(self) -> bool:
        try:
            signals = os.read(self._pipe, 4096)
        except BlockingIOError:
            signals = b""
        self._received = self._received or signal.SIGINT in signals or signal.SIGTERM in signals
        return self._received


@contextmanager
def watching() -> Iterator[StopSignal]:
    """Watch for a signal during the block, in the main thread."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield StopSignal(reading)
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
