"""Services spoken to by the library Apprise, an extra: loaded when it is needed.

An address of Apprise holds keys and passwords, so none is ever told, only the kind of service.
"""

from __future__ import annotations

import logging
from typing import Any

from segmentation_pipeline.connections.place import Place, missing_driver


def services(place: Place, urls: str) -> str:
    """The kinds of services behind ``urls``, in words.  Raises ``ConnectionProblem`` for an address Apprise does not know."""
    return ", ".join(sorted({str(service.service_name) for service in _opened(place, urls)}))


def notify(place: Place, urls: str, title: str, body: str) -> None:
    """Tell every service; returns when all have taken it.  Raises ``ConnectionProblem``, or ``PartlyDone`` where some have."""
    asked = [*_opened(place, urls)]
    failed = [str(service.service_name) for service in asked if not service.notify(title=title, body=body)]
    if failed:
        problem = place.problem if len(failed) == len(asked) else place.partly
        raise problem(f"not taken by {', '.join(failed)}. Correct the addresses in the environment variable.")


def _opened(place: Place, urls: str) -> Any:
    try:
        import apprise
    except ImportError:
        raise missing_driver(place, "apprise", "alerts") from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs addresses
    found = apprise.Apprise()
    for number, url in enumerate(urls.split(), start=1):
        if not found.add(url):
            raise place.problem(f"address {number} is none that Apprise knows. Correct the environment variable.")
    return found
