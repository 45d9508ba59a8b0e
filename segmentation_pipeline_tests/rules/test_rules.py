"""Rules mean what a plain reading of them says, and nothing but a rule gets through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import cast

import ibis
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from segmentation_pipeline.config.diagnostics import RuleDiagnostic
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.engine.duckdb import DuckDBEngine
from segmentation_pipeline.rules.lexer import windows_in
from segmentation_pipeline.rules.parse import RuleError, parse_rule
from segmentation_pipeline_tests.examples import examples
from segmentation_pipeline_tests.rules.rule_language import AS_OF, COLUMNS, ROWS, conditions, value_of, written


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(None)
    schema = {"row": "int64", **{name: column.type.ibis for name, column in COLUMNS.items()}}
    rows: dict[str, list[object]] = {name: [row[name] for row in ROWS] for name in COLUMNS} | {"row": [*range(len(ROWS))]}
    engine.write("t.customers", engine.memtable(rows, schema))
    yield engine
    engine.close()


def chosen(engine: DuckDBEngine, text: str, as_of: date = AS_OF) -> list[int]:
    """The numbers of the rows a rule holds for."""
    table = engine.table("t.customers")
    return sorted(cast(int, row["row"]) for row in engine.rows(table.filter(parse_rule(text, COLUMNS).bind(table, as_of))))


def mistakes(text: str, **arguments: object) -> tuple[RuleDiagnostic, ...]:
    with pytest.raises(RuleError) as caught:
        parse_rule(text, COLUMNS, **arguments)  # type: ignore[arg-type]
    return caught.value.mistakes


# ---------------------------------------------------------------- meaning


@examples(60, 600)
@given(tree=conditions)
def test_random_rules_agree_with_a_plain_python_reading(engine: DuckDBEngine, tree: tuple[object, ...]) -> None:
    expected = [number for number, row in enumerate(ROWS) if value_of(tree, row) is True]
    try:
        found = chosen(engine, written(tree))
    except RuleError as error:
        # What can hold for nothing is refused, and has a test of its own.
        assume(not all("which nothing is" in mistake.found for mistake in error.mistakes))
        raise
    assert found == expected


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("true", [0, 1, 2, 3, 4]),
        ("false", []),
        ("frequency >= 3", [2, 3, 4]),
        ("not recency_days > 100", [1, 2, 3]),  # row 0 has no recency: unknown, so not in
        ("frequency = 0 or frequency = 1 and opted_in", [0, 1]),  # and binds tighter than or
        ("(frequency = 0 or frequency = 1) and opted_in", [1]),
        ("not frequency = 0 and country = 'AT'", [3]),  # not binds tighter than and
        ("-1 < frequency * -1", [0]),
        ("1 + 2 * 3 = 7 and 10 - 4 - 3 = 3 and 12 / 2 / 3 = 2", [0, 1, 2, 3, 4]),
        ("opted_in", [1, 3]),
        ("not opted_in", [2]),
        ("opted_in = false", [2]),
        ("country in ('DE', 'AT')", [0, 1, 3]),
        ("country not in ('DE')", [3, 4]),
        ("city like '%''b%'", [3]),
        ("city ilike 'ulm'", [1, 2]),
        ("lower(city) = 'ulm'", [1, 2]),
        ("last_order_date < date '2024-01-01'", [4]),
        ("days_since(last_order_date) between 1 and 60", [1, 2]),
        ("month_of(last_order_date) = month_of(as_of) - 1 and year_of(last_order_date) = 2024", [2]),
        ("as_of = date '2024-03-01' and last_order_date = as_of", [3]),
        ("last_order_date < as_of - 1 day", [1, 4]),  # row 2 bought yesterday
        ("last_order_date <= as_of - 60 days", [1, 4]),
        ("last_order_date >= as_of - 2 months", [1, 2, 3]),  # 1 January to 1 March
        ("last_order_date > as_of - 2 months", [2, 3]),
        ("last_order_date + 1 year = date '2021-02-28'", [4]),  # no 29 February in 2021
        ("last_order_date between as_of - 9 weeks and as_of - 1 day", [1, 2]),
        ("as_of - 1 month + 1 day = date '2024-02-02'", [0, 1, 2, 3, 4]),
        ("in_season(last_order_date, '02-01', '02-29')", [2, 4]),
        ("in_season(last_order_date, '12-15', '01-06')", [1]),  # over the new year
        ("in_season(as_of, '03-01', '03-01')", [0, 1, 2, 3, 4]),
        ("day_of(last_order_date) = 29", [2, 4]),
        ("weekday_of(last_order_date) = 1", [1]),  # 1 January 2024 was a Monday
        ("weekday_of(last_order_date) = 7", []),
        ("city not ilike '%L%'", [3, 4]),
        ("monetary + 0.10 = 0.40", [1]),  # exact, as money is
        ("clv + 0.20 = 0.30", [1]),
        ("clv * 3 = 0.60", [2]),
        ("monetary = 0.3", [1]),
        ("p_alive > 0.25", [1, 3]),
        ("1 / frequency > 0.5", [1]),  # division by zero is unknown
        ("round(monetary / frequency, 2) = 2.01", [4]),
        ("coalesce(clv, 0) = 0", [0]),
        ("greatest(frequency, recency_days) >= 60", [1, 4]),
        ("least(frequency, recency_days) = 0", [0, 3]),  # only known values are compared
        ("round(clv, 1) = 1.2", [3]),  # half away from zero
        ("round(clv) = 2", [4]),
        ("round(monetary) = 1000000", [3]),  # one digit more than before
        ("round(p_alive) = 1", [1, 3]),
        ("round(p_alive, 1) = 0.3", [2]),
        ("abs(monetary) = 12.5", [2]),
        ("(not clv > 1) is null", [0]),  # of the whole condition, not of what is negated
        ("(not frequency > 1) in (true, false)", [0, 1, 2, 3, 4]),
    ],
)
def test_rules_choose_the_rows_a_reader_expects(engine: DuckDBEngine, text: str, rows: list[int]) -> None:
    assert chosen(engine, text) == rows


def test_as_of_moves_the_rule_and_not_the_clock(engine: DuckDBEngine) -> None:
    assert chosen(engine, "month_of(last_order_date) = month_of(as_of)", date(2024, 2, 1)) == [2, 4]
    assert chosen(engine, "month_of(last_order_date) = month_of(as_of)", date(2024, 1, 1)) == [1]


def test_a_rule_is_never_null(engine: DuckDBEngine) -> None:
    table = engine.table("t.customers")
    condition = parse_rule("recency_days > 10", COLUMNS).bind(table, AS_OF)
    assert engine.count(table.filter(condition.isnull())) == 0
    assert engine.count(table.filter(~condition)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "frequency * 999999999999999999 > 0 and frequency * frequency * frequency * frequency > 0",
        "999999999999999999 + 999999999999999999 > frequency",
        "round(p_alive * 999999999999999999 * 999999999999999999) > 0 and frequency > 3",
    ],
)
def test_large_numbers_do_not_overflow(engine: DuckDBEngine, text: str) -> None:
    assert set(chosen(engine, text)) >= {3}


def test_hundreds_of_conditions_can_be_run(engine: DuckDBEngine) -> None:
    assert chosen(engine, " or ".join(f"frequency = {n}" for n in range(3, 203))) == [2, 3, 4]


def test_columns_are_those_the_rule_reads_in_order() -> None:
    assert parse_rule("monetary > 3 or frequency > 1 and monetary < 9 and as_of > last_order_date", COLUMNS).columns == (
        "monetary",
        "frequency",
        "last_order_date",
    )


def test_a_column_may_be_named_like_a_word_of_sql() -> None:
    columns = {name: Column(name, Type.TEXT, name) for name in ("select", "order", "case", "interval", "end", "value", "cluster")}
    rule = parse_rule(" and ".join(f"{name} = 'x'" for name in columns), columns)
    assert rule.columns == tuple(columns)


@pytest.mark.parametrize(
    "text",
    [
        "frequency >= 3 and frequency <= 3",
        "frequency > 3 or frequency < 1",
        "frequency > 3 and not (frequency < 1)",
        "last_order_date > as_of - 9 weeks and last_order_date < as_of - 1 day",
    ],
)
def test_what_can_hold_is_no_mistake(text: str) -> None:
    assert parse_rule(text, COLUMNS).text == text


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("frequenzy > 3", "did you mean 'frequency'?"),
        ("frequency > 3 and nothing_like_it = 1", "unknown column 'nothing_like_it'"),
        ("country = 1", "a text compared with a number (country is a text)"),
        ("frequency = '3'", "a number compared with a text"),
        ("country in ('DE', 1)", "a text compared with a number"),
        ("frequency between 1 and 'x'", "a number compared with a text"),
        ("opted_in > false", "true/false values compared by size"),
        ("opted_in between false and true", "'between' on true/false values"),
        ("frequency between 5 and 1", "'between 5 and 1', which nothing is"),
        ("frequency between 0.5 and 0.25", "'between 0.5 and 0.25', which nothing is"),
        ("last_order_date between date '2025-02-01' and date '2025-01-01'", "which nothing is"),
        ("frequency > 5 and country = 'DE' and frequency < 3", "'frequency > 5 and frequency < 3', which nothing is both"),
        ("frequency = 1 or (3 >= frequency and (frequency > 3))", "'frequency > 3 and frequency <= 3', which nothing is both"),
        ("frequency = 2 and frequency = 3", "which nothing is both"),
        ("last_order_date > date '2025-02-01' and last_order_date < date '2025-01-01'", "which nothing is both"),
        ("count(orders, 90, amount > 5 and amount < -5) > 0", "'amount > 5 and amount < -5', which nothing is both"),
        ("frequency", "a number as the whole rule"),
        ("'x'", "a text as the whole rule"),
        ("as_of", "a day as the whole rule"),
        ("frequency and opted_in", "a number beside 'and'"),
        ("not country", "a text beside 'not'"),
        ("frequency = null", "is null"),
        ("country in ('DE', null)", "is null"),
        ("null", "null as a value"),
        ("last_order_date = '2024-01-01'", "date '2024-01-31'"),
        ("last_order_date = date '2024-02-30'", "the day '2024-02-30'"),
        ("last_order_date = date '20240101'", "the day '20240101'"),
        ("as_of - last_order_date > 3", "use days_since"),
        ("country + 1 = 2", "a text in a calculation"),
        ("- country = 'x'", "a minus before a text"),
        ("country like city", "a pattern in single quotes"),
        ("frequency like '3%'", "'like' with something else"),
        ("country like 'a\\%'", "no backslash"),
        ("abs(country) = 1", "expected one number, such as abs(monetary)"),
        ("round(clv, 9) = 1", "round() with other values"),
        ("round(clv, frequency) = 1", "round() with other values"),
        ("lower(frequency) = 'x'", "lower(city)"),
        ("coalesce(frequency, 'x') = 1", "two or more values of one kind"),
        ("greatest(opted_in, opted_in)", "two or more values of one kind"),
        ("days_since(frequency) = 1", "days_since(last_order_date)"),
        ("days_since(last_order_date, as_of) = 1", "days_since(last_order_date)"),
        ("frequency in (1, recency_days)", "plain values"),
        ("frequency in recency_days", "'in' without a list"),
        ("frequency in ()", "'in' without a list"),
        ('country = "DE"', "write 'DE' if it is a text"),
        ("frequency > 3 and", "out of place at 'and'"),
        ("frequency > > 3", "which rules do not have"),
        ("frequency >", "out of place at '>'"),
        ("frequency > 3 country = 'DE'", "out of place at '='"),
        ("(frequency > 3", "never closed"),
        ("frequency > 3)", "an opening parenthesis"),
        ("country = 'DE", "never closed"),
        ("", "an empty rule"),
        ("   ", "an empty rule"),
        ("frequency > 1e3", "a number such as"),
        ("frequency > 1_000", "a number such as"),
        ("frequency > 1234567890123456789", "at most 18 digits"),
        ("frequency == 3", "a single '='"),
        ("frequency > .5", "numbers as 0.5"),
        ("opted_in is true", "compare with ="),
        ("abss(frequency) > 1", "did you mean 'abs'?"),
        ("last_order_date < 90 days", "added to or taken from a day"),
        ("days_since(last_order_date) > 90 days", "added to or taken from a day"),
        ("frequency + 3 days > 1", "added to or taken from a day"),
        ("last_order_date < 90 days - as_of", "added to or taken from a day"),
        ("last_order_date < as_of * 3 days", "added to or taken from a day"),
        ("3 days", "a span of time as the whole rule"),
        ("3 days = 3 days", "a span of time"),
        ("3 days is null", "a span of time that is or is not null"),
        ("coalesce(3 days, 4 days) is null", "coalesce() with other values"),
        ("last_order_date in (3 days)", "added to or taken from a day"),
        ("last_order_date < as_of - 1.5 days", "a whole number of days"),
        ("last_order_date < as_of - 101 years", "at most 100"),
        ("last_order_date < as_of - 90 fortnights", "which rules do not have"),
        ("in_season(as_of, '02-30', '03-01')", "two days of the year"),
        ("in_season(as_of, '11-15')", "two days of the year"),
        ("in_season(frequency, '11-15', '12-24')", "a day and two days of the year"),
        ("weekday_of(frequency) = 1", "weekday_of(last_order_date)"),
        ("in_segment(tags)", "such as in_segment(lifecycle, 'at_risk', 'lost')"),
        ("in_segment('tags', 'a')", "such as in_segment(lifecycle, 'at_risk', 'lost')"),
        ("in_segment(tags, frequency)", "such as in_segment(lifecycle, 'at_risk', 'lost')"),
        ("in_segment()", "such as in_segment(lifecycle, 'at_risk', 'lost')"),
        ("in_segment(tagz, 'a')", "the unknown segmentation 'tagz'"),
    ],
)
def test_a_mistake_says_what_was_found_and_what_to_write(text: str, part: str) -> None:
    assert part in " | ".join(map(str, mistakes(text)))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("frequency > 3 and 1 = 'x'", "1 ="),
        ("frequency > 3 and country = null", "country"),
        ("frequency > 3 or last_order_date < date '2024-02-30'", "'2024-02-30'"),
        ("frequency > 3 and rfm in ('champions', 'lots')", "rfm"),
        ("frequency > 3 and rfm = 'lots'", "rfm"),
        ("frequency > 3 and city like frequency", "city"),
        ("frequency > 3 and (monetary > 1 or (clv > 2", "(clv"),
        ("frequency > 3 and round(clv, 9) = 1", "clv"),
        ("frequency > 3 and city is true", "city"),
        ("frequency > 3 and in_segment(nobody, 'x')", "nobody"),
        ("frequency > 3 and last_order_date < 90 days", "last_order_date"),
        ("frequency > 3 and count(order, 90) > 1", "order,"),
        ("frequency > 3 and count(orders, x) > 1", "x)"),
        ("frequency > 3 and total(orders.amont, 3) > 1", "amont"),
        ("frequency > 3 and count(orders, 90, channel = 'x' and amont > 3) > 1", "amont"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, place: str) -> None:
    columns = COLUMNS | {"rfm": Column("rfm", Type.TEXT, "", allowed=("champions", "lost"))}
    with pytest.raises(RuleError) as caught:
        parse_rule(text, columns)
    assert [mistake.position for mistake in caught.value.mistakes] == [text.index(place) + 1]


def test_every_mistake_of_a_rule_is_told_once_with_its_place() -> None:
    found = mistakes("frequenzy > 3 and frequenzy2 < abs(frequenzy3) or country = 3")
    assert [(m.found.split("'")[1] if "'" in m.found else "kinds", m.position) for m in found] == [
        ("frequenzy", 1),
        ("frequenzy2", 19),
        ("frequenzy3", 36),
        ("kinds", 51),
    ]


def test_a_place_in_a_rule_over_several_lines_counts_from_the_start_of_the_rule() -> None:
    text = "frequency > 3\n  and citty = 'x'"
    assert mistakes(text)[0].position == text.index("citty") + 1


def test_values_a_text_column_never_has_are_refused() -> None:
    labels = {"country": ["champions", "lost"]}
    assert mistakes("country = 'champion'", labels=labels)[0].suggestion == "did you mean 'champions'?"
    assert [m.found for m in mistakes("'x' <> country or country in ('lost', 'y')", labels=labels)] == [
        "'x', which country never is",
        "'y', which country never is",
    ]
    assert "in single quotes" in str(mistakes("country = lost", labels=labels)[0])
    parse_rule("country = 'lost' and lower(country) = 'x' and city = 'anything'", COLUMNS, labels)


def test_values_a_contract_allows_are_the_labels_of_its_column() -> None:
    columns = {"rfm_segment": Column("rfm_segment", Type.TEXT, "", allowed=("champions", "lost"))}
    with pytest.raises(RuleError, match="did you mean 'lost'"):
        parse_rule("rfm_segment = 'last'", columns)


def test_a_column_that_is_off_says_why() -> None:
    (mistake,) = mistakes("gender = 'f'", unavailable={"gender": "add it to privacy.yaml"})
    assert "not available: add it to privacy.yaml" in mistake.found


def test_a_point_in_time_is_no_value_of_rules() -> None:
    with pytest.raises(RuleError, match="a point in time"):
        parse_rule("at > as_of", {"at": Column("at", Type.INSTANT, "")})


# ---------------------------------------------------------------- windows and membership


def asked(text: str) -> list[str]:
    """The names of the columns a rule asks for."""
    return [window.name for window in windows_in(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("count(orders, 90) >= 3", ["count_orders_90d"]),
        ("TOTAL( orders.amount ,7 ) > count(web_sessions, 30)", ["total_orders_amount_7d", "count_web_sessions_30d"]),
        ("count(email_events, 30, event='click') = 0", ["count_email_events_30d_where_event_is_click"]),
        ("count(email_events, 30, event  = 'click') = 0", ["count_email_events_30d_where_event_is_click"]),
        ("frequency = 1 and city = 'count(orders, 90)'", []),
    ],
)
def test_a_window_has_a_name_of_its_own(text: str, names: list[str]) -> None:
    assert asked(text) == names


def test_no_two_conditions_share_a_name() -> None:
    conditions = ["amount > 5", "amount < 5", "channel = 'a b'", "channel = 'a_b'", "channel = 'A_b'", "channel <> 'a_b'", "true"]
    conditions += ["(channel = 'a_b')", "channel = 'é'", "channel = 'a__b'", "category = 'a_b'", "channel in ('a_b')"]
    names = [name for condition in conditions for name in asked(f"count(orders, 9, {condition}) > 1")]
    assert len(set(names)) == len(conditions)
    assert all(name.isidentifier() and name == name.lower() for name in names)


def test_a_condition_is_told_as_one_would_write_it() -> None:
    text = "count(orders, 9, not(amount>5 )and channel in('a ( b' ,'c') and in_season ( event_date,'01-01','02-01'))"
    (window,) = windows_in(f"{text} > 1")
    assert window.where == "not (amount > 5) and channel in ('a ( b', 'c') and in_season(event_date, '01-01', '02-01')"


def test_a_rule_reads_a_window_by_the_name_of_its_column(engine: DuckDBEngine) -> None:
    columns = COLUMNS | {"count_orders_90d": Column("count_orders_90d", Type.INTEGER, "")}
    rule = parse_rule("frequency > 1 and count(orders, 90) >= 2", columns)
    assert rule.columns == ("frequency", "count_orders_90d")
    table = engine.table("t.customers").mutate(count_orders_90d=ibis._.frequency - 3)
    assert sorted(str(row["row"]) for row in engine.rows(table.filter(rule.bind(table, AS_OF)))) == ["3", "4"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("count(frequency, 90) > 1", "the unknown source 'frequency'"),
        ("count(customers, 90) > 1", "the unknown source 'customers'"),
        ("count(web_session, 90) > 1", "did you mean 'web_sessions'?"),
        ("count(consents, 90) > 1", "the unknown source 'consents'"),
        ("total(campaign_contacts.outcome_amount, 90) > 1", "the column 'outcome_amount'"),  # known later only
        ("count(orders) > 1", "such as count(orders, 90)"),
        ("count() > 1", "such as count(orders, 90)"),
        ("count(orders.amount, 90) > 1", "such as count(orders, 90)"),
        ("total(orders, 90) > 1", "such as total(orders.amount, 90)"),
        ("total(orders.channel, 90) > 1", "the column 'channel' of orders"),
        ("total(web_sessions.page_view, 90) > 1", "did you mean 'page_views'?"),
        ("count(orders, 0) > 1", "1 to 3650"),
        ("count(orders, 3651) > 1", "1 to 3650"),
        ("count(orders, frequency) > 1", "'frequency' as the days of a window"),
        ("count(orders, 90 days) > 1", "'90 days' as the days of a window"),
        ("count(orders, 90, frequency > 3) > 1", "the unknown column 'frequency'"),
        ("count(orders, 90, amount) > 1", "a number as the whole rule"),
        ("count(orders, 90, event_date > as_of) > 1", "'as_of' in the condition of a window"),
        ("count(orders, 90, days_since(event_date) > 3) > 1", "'days_since' in the condition of a window"),
        ("count(orders, 90, count(orders, 30) > 1) > 1", "count() in the condition of a window"),
        ("count(email_events, 30, event = 'clicked') > 1", "did you mean 'click'?"),
        ("count(web_sessions, 30, started_at > event_date) > 1", "a point in time"),
        ("count(orders, 90", "never closed"),
        ("count(orders, 90)", "a number as the whole rule"),
    ],
)
def test_a_mistake_in_a_window_says_what_to_write(text: str, part: str) -> None:
    columns = COLUMNS | {"count_orders_90d": Column("count_orders_90d", Type.INTEGER, "")}
    with pytest.raises(RuleError) as caught:
        parse_rule(text, columns)
    assert part in " | ".join(map(str, caught.value.mistakes)) and len(caught.value.mistakes) == 1


def test_members_of_overlapping_segments_are_those_their_rules_hold_for(engine: DuckDBEngine) -> None:
    tags = {"small": parse_rule("frequency < 3", COLUMNS), "german": parse_rule("country = 'DE'", COLUMNS)}
    columns = COLUMNS | {"stage": Column("stage", Type.TEXT, "")}
    table = engine.table("t.customers").mutate(stage=ibis._.country.nullif("AT"))

    def those(text: str) -> list[str]:
        rule = parse_rule(text, columns, segmentations={"tags": tags, "stage": {}})
        return sorted(str(row["row"]) for row in engine.rows(table.filter(rule.bind(table, AS_OF))))

    assert those("in_segment(tags, 'german')") == ["0", "1"]
    assert those("in_segment(tags, 'german', 'small') and frequency > 0") == ["1"]
    assert those("not in_segment(tags, 'small')") == ["2", "3", "4"]  # never unknown
    assert those("not in_segment(stage, 'DE')") == ["2", "3", "4"]  # in no segment is not in this one
    assert parse_rule("in_segment(tags, 'german')", columns, segmentations={"tags": tags}).columns == ("country",)


def test_mistakes_about_segments_name_those_there_are() -> None:
    tags = {"small": parse_rule("frequency < 3", COLUMNS), "big": parse_rule("true", COLUMNS)}
    assert mistakes("in_segment(tags, 'smal')", segmentations={"tags": tags})[0].suggestion == "did you mean 'small'?"
    assert mistakes("in_segment(tag, 'small')", segmentations={"tags": tags})[0].suggestion == "did you mean 'tags'?"
    assert mistakes("tags = 'small'", segmentations={"tags": tags})[0].expected == "in_segment(tags, 'small')"
    assert (
        "a circle"
        in mistakes("in_segment(tags, 'small')", segmentations={"tags": tags}, unavailable={"tags": "a circle"})[0].found
    )


# ---------------------------------------------------------------- attacks


@pytest.mark.parametrize(
    "text",
    [
        "frequency > 1; drop table t.customers",
        "frequency > 1;",
        "1 = 1; --",
        "frequency > 1 -- comment",
        "frequency > 1 /* comment */",
        "/* x */ frequency > 1",
        "# frequency > 1",
        "frequency > (select 1)",
        "(select count(*) from t.customers) > 1",
        "frequency in (select frequency from customers)",
        "exists (select 1)",
        "exists(1)",
        "frequency > any (select 1)",
        "frequency > 1 union select 1",
        "frequency > 1 limit 1",
        "frequency > 1 order by 1",
        "frequency > 1 from customers",
        "frequency > 1 into outfile 'x'",
        "cast(frequency as text) = '1'",
        "try_cast(frequency as text) = '1'",
        "frequency::text = '1'",
        "cast('2024-01-01' as date) = as_of",
        "'2024-01-01'::date = as_of",
        "date('2024-01-01') = as_of",
        "timestamp '2024-01-01' = as_of",
        "interval '1 day' = as_of",
        "customers.frequency > 1",
        "t.customers.frequency > 1",
        "* = 1",
        "count(*) > 1",
        "count(*) over () > 1",
        "sum(frequency) over (partition by city) > 1",
        "frequency > 1 qualify true",
        "read_csv('/etc/passwd') = 'x'",
        "getenv('HOME') = 'x'",
        "version() = 'x'",
        "random() > 0.5",
        "current_date = as_of",
        "now() > as_of",
        "current_timestamp > as_of",
        "case when opted_in then true else false end",
        "if(opted_in, true, false)",
        "nullif(frequency, 1) = 2",
        "city || country = 'x'",
        "city ~ 'x'",
        "city similar to 'x'",
        "city glob 'x'",
        "city like 'x' escape '!'",
        "city like any ('x')",
        "city collate nocase = 'x'",
        "frequency % 2 = 1",
        "frequency // 2 = 1",
        "frequency ** 2 = 1",
        "frequency ^ 2 = 1",
        "frequency & 1 = 1",
        "@frequency = 1",
        "frequency is distinct from 1",
        "frequency is not distinct from 1",
        "(frequency, city) = (1, 'x')",
        "frequency[1] = 1",
        "[frequency] = 1",
        "{'a': frequency} = 1",
        "frequency = ?",
        "frequency = $1",
        "frequency = :name",
        "frequency = {{ frequency }}",
        "e'x' = city",
        "x'41' = city",
        "$$x$$ = city",
        "'a' 'b' = city",
        "abs(distinct frequency) = 1",
        "lower(city order by city) = 'x'",
        "coalesce(*) = 1",
        "frequency as f",
        "frequency > 1 as f",
        "frequency > 1 f",
        "lambda x: x",
        "x -> x",
        "count(*) > 1 and count(distinct orders, 90) > 1",
        "count(orders, 90, true; drop table x) > 1",
        "count(orders, 90, exists (select 1)) > 1",
        "count(orders, 90, amount > (select 1)) > 1",
        "count(orders, 90, read_csv('/etc/passwd') = 'x') > 1",
        "count(orders, 90) over () > 1",
        "total(t.orders.amount, 90) > 1",
        "count(t.orders, 90) > 1",
        'count("orders", 90) > 1',
        "count('orders', 90) > 1",
        "as_of - interval 3 days > last_order_date",
        "in_segment(t.x, 'a')",
        "in_segment((select x), 'a')",
        "frequency at time zone 'UTC' = as_of",
        "frequency between symmetric 1 and 2",
        "pragma database_list",
        "attach 'x.db'",
        "copy customers to 'x'",
        '"frequency" > 1',
        "`frequency` > 1",
        "frequency > 1\x00",
        "(" * 500 + "true" + ")" * 500,
        "not " * 900 + "true",
        "- " * 1900 + "1 = 1",
        "1" + " + 1" * 900 + " = 1",
        "true and " * 1000 + "true",
    ],
)
def test_anything_but_a_rule_is_refused(text: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(text, COLUMNS)
    assert "sqlglot" not in str(caught.value) and len(caught.value.mistakes) >= 1


_pieces = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "frequency",
                "city",
                "as_of",
                "and",
                "or",
                "not",
                "in",
                "is",
                "null",
                "between",
                "like",
                "date",
                "true",
                "abs",
                "round",
                "coalesce",
                "select",
                "from",
                "case",
                "cast",
                "interval",
                "over",
                "values",
                "with",
                "'x'",
                "1",
                "0.5",
                "x'",
                "days",
                "months",
                "count(orders, 90)",
                "total(orders.amount,",
                "in_segment(",
                "in_season(",
                "é",
                "(",
                ")",
                ",",
                "=",
                "<",
                "+",
                "-",
                "*",
                "/",
                ";",
                "--",
                "/*",
                "::",
                ".",
                "\n",
                "'",
                '"',
                "$",
                "{",
                "[",
                "?",
                "@",
                "\\",
                "\t",
            ]
        ),
        st.text(max_size=3),
    ),
    max_size=14,
).map(" ".join)


@examples(200, 4000)
@given(text=_pieces)
@example(text="frequency not null")
def test_any_text_is_either_a_rule_that_runs_or_a_rule_error(engine: DuckDBEngine, text: str) -> None:
    try:
        rule = parse_rule(text, COLUMNS)
    except RuleError:
        return
    assert set(rule.columns) <= set(COLUMNS)
    table = engine.table("t.customers")
    assert engine.count(table.filter(rule.bind(table, AS_OF))) <= len(ROWS)
