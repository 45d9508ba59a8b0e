"""The URL protocols fsspec knows, whether or not their drivers are installed."""

from __future__ import annotations


def known_protocols() -> list[str]:
    from fsspec.registry import known_implementations

    return sorted(known_implementations)


def protocol_of(url: str) -> str:
    """What stands before ``://``.

    >>> protocol_of("s3://shop/orders/*.csv")
    's3'
    """
    return url.partition("://")[0]
