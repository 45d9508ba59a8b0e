"""A JSON document to a web address, signed, tried again, and failures in words that hold no secret.

Belongs here: everything that speaks HTTP of our own accord.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from segmentation_pipeline.connections.place import Place

_TRIES = 3
_PAUSE_SECONDS = 0.5
_TIMEOUT_SECONDS = 30
_ASK_AGAIN = (429, 500, 502, 503, 504)


class _NoRedirects(HTTPRedirectHandler):
    """What is posted goes where it was meant to go, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


def host_of(url: str) -> str:
    """The part of an address that is no secret."""
    return urlsplit(url).hostname or "an address without a host"


def post(place: Place, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Post ``body``; returns when the receiver has answered with 2xx.  Raises ``ConnectionProblem``.

    Tried three times where the answer is that of a moment (429, 5xx, none at all): the receiver tells a second
    delivery by its ``Idempotency-Key``.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise place.problem("the address is no URL that begins with https://. Correct the environment variable.")
    asked = Request(url, data=body, headers={"Content-Type": "application/json", **headers}, method="POST")
    told = ""
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS * 2**attempt)
        try:
            with build_opener(_NoRedirects).open(asked, timeout=_TIMEOUT_SECONDS):
                return
        except HTTPError as error:
            told = f"answered {error.code} {error.reason}"
            if error.code not in _ASK_AGAIN:
                break
        except (URLError, OSError, HTTPException) as error:
            told = f"cannot be reached: {getattr(error, 'reason', None) or type(error).__name__}"
    raise place.problem(f"{host_of(url)} {told}. Nothing counts as told; the next run tries again.")


def signature(secret: str, body: bytes) -> str:
    """What the receiver compares: ``sha256=`` and the HMAC of the body in hexadecimal."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
