"""The columns models add to a customer; declared once for rules, checks and the dictionary."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.labels import RfmSegment

_NO_ORDERS = "no orders yet"

RFM_COLUMNS = (
    Column(
        "recency_score", Type.INTEGER, "Recency score: 5 = bought most recently.", "score 1-5", _NO_ORDERS, minimum=1, maximum=5
    ),
    Column("frequency_score", Type.INTEGER, "Frequency score: 5 = most orders.", "score 1-5", _NO_ORDERS, minimum=1, maximum=5),
    Column(
        "monetary_score", Type.INTEGER, "Monetary score: 5 = highest net revenue.", "score 1-5", _NO_ORDERS, minimum=1, maximum=5
    ),
    Column("rfm_score", Type.TEXT, "The three scores in one, recency first, for example 543.", null_means=_NO_ORDERS),
    Column(
        "rfm_segment",
        Type.TEXT,
        "Named segment of the RFM model.",
        null_means=_NO_ORDERS,
        allowed=tuple(segment.value for segment in RfmSegment),
    ),
)

CLV_COLUMNS = (
    Column(
        "p_alive", Type.NUMBER, "Probability that the customer still buys.", "probability 0-1", _NO_ORDERS, minimum=0, maximum=1
    ),
    Column("expected_orders", Type.NUMBER, "Expected order days within the horizon.", "order days", _NO_ORDERS, minimum=0),
    Column("expected_order_value", Type.MONEY, "Expected net revenue per order day.", "base currency", _NO_ORDERS, minimum=0),
    Column(
        "clv",
        Type.MONEY,
        "Customer lifetime value: expected net revenue within the horizon, not discounted.",
        "base currency",
        _NO_ORDERS,
        minimum=0,
    ),
)

CLUSTER_COLUMNS = (
    Column("cluster_id", Type.INTEGER, "Cluster number, 1 = highest mean net revenue.", null_means=_NO_ORDERS, minimum=1),
    Column("cluster", Type.TEXT, "Cluster named by what sets it apart.", null_means=_NO_ORDERS),
    Column("cluster_distance", Type.NUMBER, "Distance to the cluster's centre.", "standard deviations", _NO_ORDERS, minimum=0),
)


def survey_class_columns(name: str) -> tuple[Column, ...]:
    """What the survey classes ``name`` add to a customer."""
    none = "did not answer, and the class is not inferred"
    return (
        Column(f"class_{name}", Type.TEXT, f"Class of the model '{name}' by the answers to surveys.", null_means=none),
        Column(
            f"class_{name}_inferred", Type.BOOLEAN, "Whether the class is inferred from behaviour, not answered.", null_means=none
        ),
        Column(
            f"class_{name}_confidence", Type.NUMBER, "Probability of the class.", "probability 0-1", none, minimum=0, maximum=1
        ),
    )


SCORES = (*RFM_COLUMNS, *CLV_COLUMNS, *CLUSTER_COLUMNS)
