"""How near the border is: by hand for centres, as scikit-learn says for a mixture."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture

from segmentation_pipeline.models.centres import Centres
from segmentation_pipeline.models.cluster_border import Contrast, border
from segmentation_pipeline.models.cluster_features import CategoricalFeature, NumericFeature
from segmentation_pipeline.models.cluster_model import ClusterModel, with_clusters
from segmentation_pipeline.models.gaussian_mixture import Mixture

X, Y = NumericFeature("x", False, 0.0, 10.0, 2.0), NumericFeature("y", False, 5.0, 5.0, 1.0)
MODEL = ClusterModel((X, Y), Centres(((0.0, 0.0), (4.0, 0.0), (0.0, 9.0))), (1, 2, 3), ("near", "right", "up"), fence=3.5)


def test_the_distances_to_the_two_nearest_centres_and_what_sets_the_cluster_apart():
    """x 12 is one standard deviation above the mean: 1 from the first centre, 3 from the second."""
    found = border(MODEL, {"x": 12, "y": 5.0})
    assert found is not None
    assert (found.cluster, found.other, found.own, found.next, found.margin) == ("near", "right", 1.0, 3.0, 2.0)
    assert found.apart == () and found.outside is None, "a cluster in the middle of everybody"
    assert found.words() == ("2 from the border to right: 1 from the centre of near, 3 from that of right",)
    right = border(MODEL, {"x": 17, "y": 6.0})
    assert right is not None and right.apart == (Contrast("x", 4.0, 3.5),)
    assert right.words()[0] == "right is set apart by x +4.0 sd (customer +3.5)"


def test_on_the_border_the_margin_is_nothing_and_unknown_takes_the_median():
    found = border(MODEL, {"x": 14, "y": None})
    assert found is not None and found.margin == pytest.approx(0.0, abs=1e-9)


def test_an_outlier_is_told_how_far_beyond_the_fence():
    found = border(MODEL, {"x": 10, "y": 0.5})
    assert found is not None and found.outside == pytest.approx(1.0)
    assert "an outlier, 1 farther than the model allows" in found.words()


def test_categories_count_and_a_single_cluster_has_no_border():
    city = CategoricalFeature("city", ("gent",), (0.5, 0.5))
    model = ClusterModel((city,), Centres(((0.5, -0.5), (-0.5, 0.5))), (1, 2), ("here", "there"))
    gent, unknown = border(model, {"city": "gent"}), border(model, {"city": None})
    assert gent is not None and unknown is not None
    assert (gent.cluster, unknown.cluster) == ("here", "there")
    assert border(ClusterModel((), Centres.single(), (1,), ("all_customers",)), {}) is None


def test_the_engine_measures_the_same_distance(engine):
    rows = {"customer_id": ["a"], "frequency": [1], "x": [13.3], "y": [6.1]}
    table = engine.memtable(rows, {"customer_id": "string", "frequency": "int64", "x": "float64", "y": "float64"})
    [row] = engine.rows(with_clusters(table, MODEL))
    found = border(MODEL, row)
    assert found is not None
    assert (row["cluster"], row["cluster_distance"]) == (found.cluster, pytest.approx(found.own, abs=1e-6))


def test_a_mixture_tells_the_probabilities_of_scikit_learn():
    data = load_iris().data
    fitted = GaussianMixture(3, random_state=0).fit(data)
    mixture = Mixture(
        tuple(map(tuple, fitted.means_.tolist())),
        tuple(fitted.weights_.tolist()),
        tuple(tuple(map(tuple, matrix)) for matrix in fitted.precisions_cholesky_.tolist()),
    )
    features = tuple(NumericFeature(f"x{i}", False, 0.0, 0.0, 1.0) for i in range(4))
    model = ClusterModel(features, mixture, (1, 2, 3), ("a", "b", "c"))
    for row in data[[0, 60, 70, 77, 106]]:
        expected = np.sort(fitted.predict_proba([row])[0])
        found = border(model, {f"x{i}": value for i, value in enumerate(row)})
        assert found is not None and not found.is_distance
        assert (found.own, found.next) == (pytest.approx(expected[-1]), pytest.approx(expected[-2]))
        assert found.words()[-1].startswith(f"{found.cluster} with probability ")
