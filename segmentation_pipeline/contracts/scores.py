"""The columns models add to a customer; declared once for rules, checks and the dictionary."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.contracts.labels import ClvModelKind, RfmSegment

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

_NO_FORECAST = "no orders yet, or no model of purchases is credible on the day"

RHYTHM_ORDER_DAYS = 4
"""Order days from which gaps between them tell when the next is due: of three gaps."""
NEXT_ORDER_CONFIDENCE, NEXT_ORDER_YEARS = 0.8, 10
"""How much of the time the next order lies within its interval, and how far ahead a day says anything at all."""
_NO_DAY = f"{_NO_FORECAST}, p_alive is at most 1/2, or the day is more than {NEXT_ORDER_YEARS} years ahead"

CLV_COLUMNS = (
    Column(
        "clv_model",
        Type.TEXT,
        "Model of purchases behind the lifetime value, the same for everybody on a day: the one that foretold the last "
        "periods best. bg_nbd: customers buy at rates of their own and may leave after any order. pareto_nbd: they may leave at "
        "any moment. pareto_nbd_prior: the same drawn towards what is typical of shops, with wide intervals, because there is "
        "too little history to judge any model. nbd: nobody leaves. "
        "historical_rate: the customer's own rate drawn towards everybody's, fading while the customer is silent.",
        null_means=_NO_FORECAST,
        allowed=tuple(kind.value for kind in ClvModelKind),
    ),
    Column(
        "p_alive",
        Type.NUMBER,
        "How likely the customer still buys. Under pareto_nbd, with prior or without, the probability of not having left; under "
        "bg_nbd that of not having left after the last order: of customers with one order day it knows nothing and says 1, "
        "however long they are silent; "
        "under nbd always 1; under historical_rate no probability but a weight that halves with every median gap of silence.",
        "probability 0-1",
        _NO_FORECAST,
        minimum=0,
        maximum=1,
    ),
    Column("expected_orders", Type.NUMBER, "Expected order days within the horizon.", "order days", _NO_FORECAST, minimum=0),
    Column("expected_order_value", Type.MONEY, "Expected net revenue per order day.", "base currency", _NO_ORDERS, minimum=0),
    Column(
        "clv",
        Type.MONEY,
        "Customer lifetime value: expected net revenue within the horizon, not discounted.",
        "base currency",
        _NO_FORECAST,
        minimum=0,
    ),
    Column(
        "expected_next_order_date",
        Type.DAY,
        "Day of the next order if the customer still buys. Of customers with a rhythm of their own "
        f"({RHYTHM_ORDER_DAYS} order days or more, a gap_std_days of at most half of gap_mean_days, not overdue) the mean gap "
        "after the latest order; of others the median by the model of purchases: half of those alike order until then.",
        "day",
        _NO_DAY,
        ahead=True,
    ),
    *(
        Column(
            f"next_order_date_{side}",
            Type.DAY,
            f"{side.title()} end of the interval of {NEXT_ORDER_CONFIDENCE:.0%} of expected_next_order_date, if the customer "
            "still buys: one of ten orders earlier, one of ten later.",
            "day",
            _NO_DAY,
            ahead=True,
        )
        for side in ("low", "high")
    ),
)
FORECASTS = (
    "clv_model",
    "p_alive",
    "expected_orders",
    "clv",
    "expected_next_order_date",
    "next_order_date_low",
    "next_order_date_high",
)
"""The columns that are null for everybody on a day on which no model of purchases is credible."""

NOT_CREDIBLE = "not_credible"
"""The kind of a lifetime value that nobody has."""

CLUSTERS, MIXTURE = "clusters", "gaussian_mixture"
"""The name of the default cluster model, whose columns bear no prefix, and the kind whose memberships are probabilities."""


def cluster_columns(model: str, kind: str) -> tuple[Column, ...]:
    """What a cluster model adds to a customer: id, name and distance, of a mixture the probability too."""
    prefix = "" if model == CLUSTERS else f"{model}_"
    of_model = "" if model == CLUSTERS else f" of model {model}"
    columns = (
        Column(
            f"{prefix}cluster_id",
            Type.INTEGER,
            f"Cluster number{of_model}, kept over refits; at first by mean net revenue, 1 = highest; 0 = outlier.",
            null_means=_NO_ORDERS,
            minimum=0,
        ),
        Column(
            f"{prefix}cluster", Type.TEXT, f"Cluster{of_model}, named by what set it apart when found.", null_means=_NO_ORDERS
        ),
        Column(
            f"{prefix}cluster_distance",
            Type.NUMBER,
            f"Distance to the cluster's centre{of_model}.",
            "standard deviations",
            _NO_ORDERS,
            minimum=0,
        ),
    )
    probability = Column(
        f"{prefix}cluster_probability",
        Type.NUMBER,
        f"Probability of the cluster among all clusters{of_model}.",
        "probability 0-1",
        _NO_ORDERS,
        minimum=0,
        maximum=1,
    )
    return (*columns, probability) if kind == MIXTURE else columns


CLUSTER_COLUMNS = cluster_columns(CLUSTERS, "k_means")


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
"""The scores of the default models; ``models.catalog.score_columns`` has those of a configuration."""
