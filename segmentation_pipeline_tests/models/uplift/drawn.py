"""People of a made-up campaign of whom it is known what the message does to each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.models.uplift.people import People, shares

COLUMNS = (
    Column("recency_days", Type.INTEGER, "Days."),
    Column("frequency", Type.INTEGER, "Orders."),
    Column("monetary", Type.MONEY, "Money."),
    Column("gap_mean_days", Type.NUMBER, "Days."),
    Column("main_channel", Type.TEXT, "Channel."),
)


def drawn(
    count: int, *, share: float = 0.8, strength: float = 1.0, waves: int = 1, seed: int = 1
) -> tuple[People, NDArray[np.float64]]:
    """People, ``share`` of them contacted, and the truth: what the message changes for each.

    It brings back those who have been away for some weeks, changes nothing for those who buy anyway, and puts off the most
    frequent; ``strength`` 0 is a message that does nothing.
    """
    draw = np.random.default_rng(seed)
    recency = draw.integers(1, 400, count).astype(float)
    frequency = 1.0 + draw.poisson(draw.gamma(1.2, 3.0, count))
    monetary = np.round(frequency * draw.lognormal(3.5, 0.6, count), 2)
    gap = np.where(frequency > 2, draw.gamma(3.0, 20.0, count), np.nan)
    channel = draw.choice(np.array(["web", "shop", "app"], dtype=object), count, p=[0.6, 0.3, 0.1])
    channel[draw.random(count) < 0.02] = None
    link = -1.6 - 1.2 * (recency / 200.0 - 1.0) + 0.12 * np.minimum(frequency, 15.0) + 0.3 * (channel == "app")
    without = 1.0 / (1.0 + np.exp(-link))
    away = np.exp(-(((recency - 150.0) / 80.0) ** 2))
    with_it = np.clip(without + strength * (0.22 * away - 0.12 * (frequency > 8)), 0.01, 0.99)
    wave = np.sort(draw.integers(0, waves, count))
    contacted = (draw.random(count) < share).astype(float)
    ordered = (draw.random(count) < np.where(contacted > 0, with_it, without)).astype(float)
    frame = {
        "recency_days": recency,
        "frequency": frequency,
        "monetary": monetary,
        "gap_mean_days": gap,
        "main_channel": channel,
    }
    people = People(frame, contacted, ordered, shares(contacted, wave), wave, draw.random(count) < 0.4)
    return people, with_it - without
