"""Numbers as files write them: read to the cent, or refused; never another number."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from segmentation_pipeline.config.schema import BusinessConfig
from segmentation_pipeline.config.schema.numbers import NumberStyle
from segmentation_pipeline_tests.clean.project import ORDERS, clean, orders, reasons

READ = [
    ({"decimal": ","}, "1.234,56", "1234.56"),
    ({"decimal": ","}, "1.250", "1250"),
    ({"decimal": ","}, "234 567,5", "234567.50"),
    ({"decimal": ","}, "49,90", "49.90"),
    ({"decimal": ","}, "-0,50", None),
    ({"decimal": ","}, "10.00", None),
    ({"decimal": ","}, "1.234.56", None),
    ({"decimal": ",", "thousands": ""}, "1.250", None),
    ({"decimal": "."}, "1.250", "1.25"),
    ({"decimal": "."}, "1,250.00", "1250"),
    ({"decimal": "."}, "1,23,456.70", "123456.70"),
    ({"decimal": "."}, "1'250.00", "1250"),
    ({"currency": "€"}, "43.72 €", "43.72"),
    ({"currency": "€"}, "1,250 €", None),  # a thousand or one and a quarter: nobody said
    ({"currency": "€"}, "1.250 €", None),
    ({"currency": "€", "decimal": "."}, "1,250 €", "1250"),
    ({"currency": "EUR", "decimal": ","}, "EUR 43,72", "43.72"),
    ({"currency": "€", "decimal": ","}, "43,72 $", None),
    ({"currency": "R$", "decimal": ","}, "R$ 1.000,00", "1000"),
    ({"round": "half_even"}, "0.005", "0"),
    ({"round": "half_even"}, "0.015", "0.02"),
    ({"round": "half_even", "decimal": "."}, "2.675", "2.68"),
    ({"round": "half_even", "decimal": "."}, "12.345", "12.34"),
    ({}, "12.3000", "12.30"),
    ({}, "0.125", None),
    ({}, "12.34000000000001", "12.34"),
    ({}, "1,250", None),
    ({}, "0x10", None),
    ({}, "NaN", None),
]


@pytest.mark.slow
def test_a_style_reads_its_numbers_and_refuses_all_others(engine, tmp_path):
    for number, (style, text, amount) in enumerate(READ):
        folder = tmp_path / str(number)
        folder.mkdir()
        orders(engine, folder, f'o1,C1,2025-03-01,"{text}"', mapping={"number": style})
        assert clean(engine, "amount") == ([] if amount is None else [(Decimal(amount),)]), (style, text)


def test_negative_styles(engine, tmp_path):
    trailing = {"number": {"decimal": ",", "negative": "trailing"}, "negative": "return"}
    orders(engine, tmp_path, 'o1,C1,2025-03-01,"65,50-"', 'o2,C1,2025-03-01,"65,50"', mapping=trailing)
    found = clean(engine, "order_id", "amount", "returned_amount", "status")
    assert found == [("o1", 0, Decimal("65.50"), "returned"), ("o2", Decimal("65.50"), None, None)]
    parentheses = {"number": {"negative": "parentheses", "currency": "$"}, "negative": "return"}
    orders(engine, tmp_path, "o1,C1,2025-03-01,($65.50)", mapping=parentheses)
    assert clean(engine, "returned_amount") == [(Decimal("65.50"),)]


def test_one_column_may_write_numbers_otherwise(engine, tmp_path):
    columns = {name: name for name in ORDERS.split(",")} | {"discount_amount": {"from": "discount", "number": {"decimal": "."}}}
    mapping = {"number": {"decimal": ","}, "columns": columns}
    orders(engine, tmp_path, 'o1,C1,2025-03-01,"1.250,10",1.250', header=f"{ORDERS},discount", mapping=mapping)
    assert clean(engine, "amount", "discount_amount") == [(Decimal("1250.10"), Decimal("1.25"))]


def test_a_currency_without_cents_has_none(engine, tmp_path):
    orders(engine, tmp_path, "o1,C1,2025-03-01,1500", "o2,C1,2025-03-01,15.5", business={"currency": "JPY"})
    assert clean(engine, "amount") == [(Decimal(1500),)] and reasons(engine) == {2: "too_precise:amount"}
    with pytest.raises(ValidationError, match="KWD has 3 decimals"):
        BusinessConfig(currency="KWD")


def test_the_largest_amount_is_set_by_the_project(engine, tmp_path):
    lines = ("o1,C1,2025-03-01,2500000", "o2,C1,2025-03-01,3000001")
    orders(engine, tmp_path, *lines, quality={"max_amount": 3_000_000})
    assert clean(engine, "amount") == [(Decimal(2_500_000),)] and reasons(engine) == {2: "above_maximum:amount"}


def test_whole_numbers_are_not_rounded(engine, tmp_path):
    from segmentation_pipeline_tests.clean.project import clean_all, config, rows, write

    write(tmp_path, "orders", ORDERS, "o1,C1,2025-03-01,10")
    write(
        tmp_path, "web_sessions", "session_id,customer_id,started_at,page_views", "s1,C1,2025-03-01,12.6", "s2,C1,2025-03-01,12.0"
    )
    clean_all(engine, tmp_path, config({"orders": {}, "web_sessions": {}}))
    assert rows(engine, "clean.web_sessions", "session_id", "page_views") == [("s1", None), ("s2", 12)]


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from([".", ","]), st.booleans())
def test_what_a_style_writes_it_reads_and_the_other_decimal_sign_never_reads_it_as_another_number(number, decimal, grouped):
    other = {".": ",", ",": "."}[decimal]
    text = f"{number:,.2f}" if grouped else f"{number:.2f}"
    written = text.translate(str.maketrans({".": decimal, ",": other}))
    assert Decimal(str(NumberStyle(decimal=decimal).canonical(written))) == number
    misread = NumberStyle(decimal=other).canonical(written)
    assert misread is None, "cents are two digits, and thousands three"
    assert re.search(NumberStyle(decimal=decimal).pattern, written)


def test_styles_that_cannot_be_are_refused():
    with pytest.raises(ValidationError, match="both ','"):
        NumberStyle(decimal=",", thousands=",")
    with pytest.raises(ValidationError, match="without digits"):
        NumberStyle(currency="-")
