"""Every kind of model there is, read back from the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmentation_pipeline.models.predictions.forecaster import Forecaster
from segmentation_pipeline.models.predictions.hazard import HazardModel
from segmentation_pipeline.models.predictions.model import PredictionModel


def forecaster_of(parameters: Mapping[str, Any]) -> Forecaster:
    """A model that scores like the one the parameters came from."""
    kind = HazardModel if "hazard" in parameters else PredictionModel
    return kind.from_parameters(parameters)
