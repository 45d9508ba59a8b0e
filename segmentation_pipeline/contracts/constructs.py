"""What is published of the constructs surveys measure: how well the items of each fit together."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import AS_OF, Column, Type

CONSTRUCT_RELIABILITY_COLUMNS = (
    AS_OF,
    Column("construct", Type.TEXT, "What the items measure."),
    Column("kind", Type.TEXT, "Kind of construct.", allowed=("attitude", "benefit", "lifestyle", "value")),
    Column("item", Type.TEXT, "The item of the survey."),
    Column("reversed", Type.BOOLEAN, "Whether the item asks for the opposite."),
    Column("respondents", Type.INTEGER, "Customers who answered every item of the construct.", "customers", minimum=0),
    Column(
        "alpha",
        Type.NUMBER,
        "Cronbach's alpha of the construct: how far its items measure one thing; 0.7 and more is customary.",
        null_means="fewer than two items or respondents, or answers that do not differ",
        maximum=1,
    ),
    Column(
        "item_total_correlation",
        Type.NUMBER,
        "Correlation of the item with the sum of the construct's other items; below 0.3 the item fits badly.",
        null_means="no other item, fewer than two respondents, or answers that do not differ",
        minimum=-1,
        maximum=1,
    ),
    Column(
        "alpha_without",
        Type.NUMBER,
        "Alpha if the item were left out.",
        null_means="fewer than two other items or two respondents, or answers that do not differ",
        maximum=1,
    ),
)
