"""What is recommended to whom, and the pairs of products it rests on."""

from __future__ import annotations

from enum import StrEnum

from segmentation_pipeline.contracts.columns import AS_OF, CUSTOMER_ID, Column, Type

ANY_OCCASION = "any"
"""What the column ``occasion`` says of all days."""


class Relation(StrEnum):
    """What a product is to another."""

    ACCESSORY = "accessory"
    SUBSTITUTE = "substitute"


class Recommended(StrEnum):
    """Why a product is on a list: it was bought before, it is new, or it is new and the next dearer of something bought."""

    REPEAT = "repeat"
    NEW = "new"
    UP_SELL = "up_sell"


PRODUCT_ASSOCIATIONS_COLUMNS = (
    AS_OF,
    Column(
        "kind",
        Type.TEXT,
        "together: in one order. after: on a later day, within models.next_product.after_days of the first.",
        allowed=("together", "after"),
    ),
    Column("occasion", Type.TEXT, f"The occasion in whose windows the orders lie; '{ANY_OCCASION}': all orders."),
    Column("product_id", Type.TEXT, "The first product."),
    Column("other_id", Type.TEXT, "The product bought with or after it; it is sold at as_of."),
    Column("support", Type.INTEGER, "together: orders with both. after: persons who bought the other after it.", minimum=1),
    Column(
        "base",
        Type.INTEGER,
        "together: orders with the first product. after: persons who bought it and whose after_days since are over.",
        minimum=1,
    ),
    Column("confidence", Type.NUMBER, "support / base.", "share 0-1", minimum=0, maximum=1),
    Column(
        "lift",
        Type.NUMBER,
        "confidence over what it would be if the other had nothing to do with the first. together: the share of all orders "
        "with the other. after: the share of all products bought by persons (but the other itself) that were followed by it.",
        "times",
        minimum=0,
    ),
    Column(
        "relation",
        Type.TEXT,
        "What the other is to the first. accessory: at least three times as many persons buy it after as before, and more than "
        "by chance. substitute: of the same category, and at least twice as many persons went from one to the other, "
        "either way, as orders have both.",
        null_means="neither",
        allowed=tuple(Relation),
    ),
)

CUSTOMER_RECOMMENDATIONS_COLUMNS = (
    AS_OF,
    CUSTOMER_ID,
    Column("rank", Type.INTEGER, "Place on the customer's list, from 1.", minimum=1),
    Column("product_id", Type.TEXT, "The product; it is sold at as_of."),
    Column("product_name", Type.TEXT, "Its name.", null_means="the source products names none"),
    Column(
        "kind",
        Type.TEXT,
        "repeat: bought before. new: never bought. up_sell: never bought, and the next dearer of its category than a product "
        "that was.",
        allowed=tuple(Recommended),
    ),
    Column(
        "score",
        Type.NUMBER,
        "What the list is ordered by: the share of the customer's order days with the product, recent days counting more where "
        "the champion of next_product says so, and the share of buyers of the customer's products who buy it. 0: a favourite "
        "of all that fills the list.",
        "share 0-1",
        minimum=0,
        maximum=1,
    ),
    Column(
        "because",
        Type.TEXT,
        "The product, bought before, that recommends it.",
        null_means="the customer's own habit (repeat), or a favourite of all",
    ),
    Column("reason", Type.TEXT, "The same in words."),
)
