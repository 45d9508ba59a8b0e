"""A refused load says why at once: reasons, values with file and row, and the setting that is missing."""

from __future__ import annotations

import pytest

from segmentation_pipeline.config.schema import Config
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.quality.cures import date_formats, number_styles
from segmentation_pipeline.quality.thresholds import check_thresholds
from segmentation_pipeline_tests.clean.project import AS_OF, ORDERS, clean_all, config, write

OK = [f"ok{number},C1,2025-03-01,10" for number in range(3)]


@pytest.fixture
def engine():
    engine = DuckDBEngine(None)
    yield engine
    engine.close()


def _failed(engine: DuckDBEngine, settings: Config, severity: str = "error") -> dict[str, str]:
    results = check_thresholds(engine, settings, "orders", AS_OF)
    return {result.rule.name: result.message for result in results if not result.passed and result.rule.severity == severity}


def _told(engine, tmp_path, *lines, header=ORDERS, mapping=None, severity="error", **pipeline) -> dict[str, str]:
    write(tmp_path, "orders", header, *lines)
    settings = config({"orders": mapping or {}}, **pipeline)
    clean_all(engine, tmp_path, settings)
    return _failed(engine, settings, severity)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('o1,C1,2025-03-01,"43,72 EUR"', "1 unreadable:amount, such as '43,72 EUR' in orders.csv row 1 (they fit 'number: "),
        ("o1,C1,10.03.2025 09:15,10", """'format: "%d.%m.%Y %H:%M"' in sources.orders.columns.ordered_at"""),
        ("o1,C1,03/04/2025,10", "day and month may be either, say which"),
        ("o1,C1,2025-03-01,1.250", "1 ambiguous:amount, such as '1.250' in orders.csv row 1 (say which"),
        ("o1,C1,2025-03-01,-3", "say what they are: 'negative: return'"),
        ("o1,C1,2025-03-01,5000000", "set quality.max_amount"),
        ("5.00E+12,C1,2025-03-01,1", "1 imprecise:order_id, such as orders.csv row 1 (a spreadsheet lost digits"),
        ("o1,,2025-03-01,1", "1 missing:customer_id, such as orders.csv row 1 (are they guests'? 'anonymous: [\"\"]' for orders"),
        ("o1,C1,2025-03-01,", "1 missing:amount, such as orders.csv row 1 (do further lines of one thing leave it empty?"),
        ("o1,C1,1741600000,1", """they fit 'format: ["epoch"]' in sources.orders.columns.ordered_at"""),
        ("o1,C1,2025-03-01,1,1", "are csv.delimiter and csv.quote of orders right?"),
    ],
)
def test_a_refused_load_names_reason_value_place_and_cure(engine, tmp_path, line, told):
    assert told in _told(engine, tmp_path, line, *OK)["quarantined_share_in_limit"]


def test_words_without_a_meaning_are_listed_with_their_counts_also_below_the_limit(engine, tmp_path):
    header = f"{ORDERS},status"
    lines = [f"o{n},C1,2025-03-01,10,completed" for n in range(40)] + ["t1,C1,2025-03-01,10,trash", "t2,C1,2025-03-01,10,Trash"]
    told = _told(engine, tmp_path, *lines, header=header, severity="warning")
    assert (
        "2 not_allowed:status: 'trash' 2, the first in orders.csv row 41 (say what each means, in sources.orders.columns.status.values"
        in told["words_are_known"]
    )
    assert "quarantined_share_in_limit" not in _failed(engine, config({"orders": {}}))


def test_a_column_that_became_unreadable_is_limited_like_refused_rows(engine, tmp_path):
    header = f"{ORDERS},discount_amount"
    lines = [f'o{n},C1,2025-03-01,10,"1,5{n}"' for n in range(6)] + ["o7,C1,2025-03-01,10,1.50"]
    told = _told(engine, tmp_path, *lines, header=header)["blanked_share_in_limit"]
    assert "85.71% of discount_amount (6 values): 6 unreadable:discount_amount, such as '1,50' in orders.csv row 1" in told
    assert """'number: {decimal: ","}' in sources.orders.columns.discount_amount""" in told


def test_personal_values_and_keys_are_never_told(engine, tmp_path):
    write(tmp_path, "customers", "customer_id,birth_date", *(f"ann{n}@example.org,31-31-19{n}" for n in range(10, 20)))
    write(tmp_path, "orders", ORDERS, *(f"o{n},bob@example.org,2025-03-01,10" for n in range(9)))
    settings = config({"customers": {}, "orders": {}})
    clean_all(engine, tmp_path, settings)
    told = str(_failed(engine, settings)) + str(check_thresholds(engine, settings, "customers", AS_OF))
    assert "unknown:customer_id" in told and "orders.csv row 1" in told
    assert "example.org" not in told and "31-31" not in told


def test_what_may_be_personal_is_told_by_its_shape(engine, tmp_path):
    header = f"{ORDERS},status"
    lines = [*(f"o{n},C{n},2025-03-01,10,abgeholt" for n in range(3)), "x,C9,2025-03-01,+49 171 1234567,Anna Müller"]
    told = _told(engine, tmp_path, *lines, "y,C9,Anna,1,completed", header=header)["quarantined_share_in_limit"]
    assert "'abgeholt' 3, 'aaaa aaaaaa' 1" in told and "'+99 999 9999999' in orders.csv row 4" in told and "'aaaa' in" in told
    assert "anna" not in told.lower() and "1234567" not in told


NUMBERED_ANEW = ("1001,ann,2024-02-01,80", "1002,bob,2024-03-01,60", "1001,cat,2025-02-01,15", "1002,ann,2025-03-01,25")


def test_numbers_that_begin_anew_stop_with_examples_and_cures(engine, tmp_path):
    told = _told(engine, tmp_path, *NUMBERED_ANEW)["copies_of_a_key_agree"]
    assert "2 keys do not (2 with another customer_id, 2 with another event_date, 2 with another amount)" in told
    assert "orders.csv row 1 and orders.csv row 3" in told
    assert "{from: [year, order_id]}" in told and "derive_from: order_items" in told and "copies: latest" in told


@pytest.mark.parametrize(
    "lines",
    [
        ("1,ann,2025-03-01,10,", "1,ann,2025-03-01,10,"),  # delivered twice
        ("1,ann,2025-03-01,10,2025-03-02", "1,ann,2025-03-01,12,2025-03-03"),  # corrected later
        ("1,ann,2025-03-01,10,", "1,ann,2025-03-01,12,2025-03-03"),
    ],
)
def test_corrections_and_repeated_rows_do_not_contradict(engine, tmp_path, lines):
    assert "copies_of_a_key_agree" not in _told(engine, tmp_path, *lines, header=f"{ORDERS},updated_at")


def test_another_amount_without_a_later_version_contradicts(engine, tmp_path):
    lines = ("1,ann,2025-03-01,10,2025-03-02", "1,ann,2025-03-01,12,2025-03-02")
    assert "1 with another amount" in _told(engine, tmp_path, *lines, header=f"{ORDERS},updated_at")["copies_of_a_key_agree"]


def test_a_project_may_let_the_latest_copy_count(engine, tmp_path):
    assert _told(engine, tmp_path, *NUMBERED_ANEW, mapping={"copies": "latest"}) == {}


def test_styles_and_formats_are_those_that_read_every_value():
    assert [s.decimal for s in number_styles(["1.234,56", "49,90"])] == [","]
    assert number_styles(["12 apples"]) == []
    assert date_formats(["31.12.2024", "01.02.2025"]) == ["%d.%m.%Y"]
    assert date_formats(["01/02/2025"]) == ["%d/%m/%Y", "%m/%d/%Y"]


@pytest.mark.parametrize(
    ("price", "told"),
    [
        ('"15,00"', """such as cannot be made from price '15,00' in orders.csv row 1 (they fit 'number: {decimal: ","}' in """),
        ("1.250", """(they fit 'number: {decimal: "."} or {decimal: ","}' in sources.orders.columns.amount)"""),
    ],
)
def test_an_amount_that_is_calculated_has_the_cure_of_what_it_is_made_of(engine, tmp_path, price, told):
    columns = {"order_id": "id", "customer_id": "who", "ordered_at": "day", "amount": {"expression": "qty * price"}}
    lines = [f"o1,C1,2025-03-01,2,{price}", *(f"ok{n},C1,2025-03-01,1,10" for n in range(3))]
    found = _told(engine, tmp_path, *lines, header="id,who,day,qty,price", mapping={"columns": columns})
    assert told in found["quarantined_share_in_limit"], found


def test_a_year_of_two_digits_leaves_open_which_number_is_the_month():
    assert date_formats(["3/1/26 3:05 PM"]) == ["%d/%m/%y %I:%M %p", "%m/%d/%y %I:%M %p"]
    assert date_formats(["3/1/26", "3/14/26"]) == ["%m/%d/%y"]
    assert date_formats(["01-02-26"]) == ["%d-%m-%y", "%m-%d-%y", "%y-%m-%d"]


def test_a_list_in_which_the_first_pattern_would_be_wrong_for_some_days_is_not_proposed(engine, tmp_path):
    told = _told(engine, tmp_path, "1,ann,13/02/2025,10", "2,ann,02/13/2025,10")["quarantined_share_in_limit"]
    assert "some can be read by %d/%m/%Y alone and others by %m/%d/%Y alone: of the rest nobody can tell" in told


def test_blanks_that_do_not_break_are_blanks_of_a_style():
    assert [s.decimal for s in number_styles(["1\u202f234,50", "1\u00a0234,50"])] == [","]


@pytest.mark.parametrize(
    ("days", "cure"), [(["46082", "46083.5"], "excel"), (["1772355600"], "epoch"), (["1772355600000"], "epoch_ms")]
)
def test_days_that_are_numbers_are_told_as_such(engine, tmp_path, days, cure):
    told = _told(engine, tmp_path, *(f"{number},ann,{day},10" for number, day in enumerate(days)))
    assert f"""they fit 'format: ["{cure}"]'""" in told["quarantined_share_in_limit"]


def test_months_in_words_of_another_language_are_told_with_their_pattern(engine, tmp_path):
    told = _told(engine, tmp_path, "1,ann,3 févr. 2025,10", "2,ann,4 août 2024,10")
    assert "they fit 'format: \"%d %b %Y\"' in sources.orders.columns.ordered_at)" in told["quarantined_share_in_limit"]
