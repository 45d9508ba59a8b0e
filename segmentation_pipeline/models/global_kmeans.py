"""k-means for every number of clusters, each grown from the one before; nothing is random.

Random starts end in another of several nearly equal solutions as soon as one customer comes or
goes, and then everybody's cluster has changed overnight.  Here a further centre is put where it
would at once help most, and all move to their places; the result is as good as the best of many
random starts and moves only as far as the data moves.  The method is the fast global k-means of
Likas, Vlassis and Verbeek, "The global k-means clustering algorithm" (2003).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import euclidean_distances

Matrix = NDArray[np.float64]


def grow_clusters(points: Matrix, candidates: Matrix, largest: int) -> dict[int, KMeans]:
    """The fitted k-means of ``points`` (a row each, at least ``largest`` of them different) for 1 to ``largest`` clusters.

    A new centre starts at one of ``candidates``: a bounded part of the points, since all of them
    are compared with all candidates.  Where none would help, the point farthest from its centre
    becomes one, as scikit-learn does with a centre that has no points.
    """
    apart = euclidean_distances(points, candidates, squared=True)
    fits = {1: KMeans(1, init=points.mean(axis=0, keepdims=True), n_init=1, random_state=0).fit(points)}
    while len(fits) < largest:
        centres = fits[len(fits)].cluster_centers_
        nearest = euclidean_distances(points, centres, squared=True).min(axis=1, keepdims=True)
        gains = np.maximum(nearest - apart, 0.0).sum(axis=0)
        start = np.vstack([centres, candidates[np.argmax(gains)]])
        fits[len(start)] = KMeans(len(start), init=start, n_init=1, random_state=0).fit(points)
    return fits
