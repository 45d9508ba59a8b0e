"""A keyed hash computed where the rows are: HMAC-SHA-256 (RFC 2104), equal to Python's on every engine.

Only who has the key can tell whether a value has a given hash; without it nothing can be learnt by trying values.
"""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir

from segmentation_pipeline.contracts.engine_function import engine_function

_BLOCK = 64
"""Bytes SHA-256 works on at a time; the key fills one."""


_hex = engine_function("hex", (dt.string,), dt.string)
_unhex = engine_function("unhex", (dt.string,), dt.binary)


def hmac_sha256(text: ir.StringValue, key: bytes) -> ir.StringValue:
    """The lower-case hex HMAC-SHA-256 of the text's UTF-8 bytes; null of null.  ``key``: at most 64 bytes."""
    padded = key.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded).hex().upper() for pad in (0x36, 0x5C))
    digest = _sha256(_unhex(ibis.literal(inner) + _hex(text)))
    return _sha256(_unhex(ibis.literal(outer) + digest))


def _sha256(content: ir.Value) -> ir.StringValue:
    """Of bytes; Ibis offers the method for text alone."""
    return cast(ir.StringValue, ops.HexDigest(content, how="sha256").to_expr())
