"""How far two places on the globe are apart."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

EARTH_RADIUS_KM = 6371.0088
"""Mean radius R1 of the ellipsoid WGS 84 (Moritz 2000, Geodetic Reference System 1980)."""


def kilometres(latitude: ir.Value, longitude: ir.Value, to_latitude: ir.Value, to_longitude: ir.Value) -> ir.Value:
    """The great-circle distance between two positions in degrees, by the haversine formula (Sinnott 1984).

    At most half a percent from the distance on the ellipsoid.
    """
    across = _half_chord(latitude, to_latitude)
    along = latitude.radians().cos() * to_latitude.radians().cos() * _half_chord(longitude, to_longitude)
    # Rounding may lift the sum above 1 between opposite ends of the globe, where asin has no value.
    return 2 * EARTH_RADIUS_KM * ibis.least(across + along, 1.0).sqrt().asin()


def _half_chord(one: ir.Value, other: ir.Value) -> ir.Value:
    half = ((other - one) / 2).radians().sin()
    return half * half
