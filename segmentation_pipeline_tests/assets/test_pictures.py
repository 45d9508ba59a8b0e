"""Nothing that is drawn is cut off at the edge of the picture."""

from __future__ import annotations

import base64
import io

import matplotlib.image
import numpy as np
import pytest

from segmentation_pipeline.assets.pictures import bars, panels

LONG = [("low_average_order_value_high_discount_share", 900.0), ("outlier", 4.0)]
SHORT = [("de", 900.0), ("at", 300.0), ("fr", 200.0)]


def _pixels(picture: str) -> np.ndarray:
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(picture)))[..., :3]


@pytest.mark.parametrize(
    "picture",
    [
        bars(LONG, "customers by cluster"),
        bars(SHORT, "customers by country"),
        panels([("cluster", LONG), ("country", SHORT)]),
        panels([("country", SHORT), ("cluster", LONG), ("more", SHORT), ("again", LONG)]),
    ],
)
def test_the_edge_is_blank_and_the_middle_is_not(picture: str) -> None:
    pixels = _pixels(picture)
    assert all((edge == 1).all() for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
    assert (pixels < 1).any()


def test_short_labels_take_little_room_beside_long_ones() -> None:
    wide, narrow = _pixels(panels([("cluster", LONG)] * 2)), _pixels(panels([("cluster", LONG), ("country", SHORT)]))
    assert narrow.shape[1] < wide.shape[1] - 100


def test_no_groups_make_a_blank_picture() -> None:
    assert (_pixels(panels([])) == 1).all()
