"""What customers say of themselves: the latest answer to each item of a survey, and the constructs the items measure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import ibis
import ibis.expr.types as ir

from segmentation_pipeline.config.schema import Config, ConstructConfig
from segmentation_pipeline.contracts.columns import Column, Type
from segmentation_pipeline.features.events import days_since, joined
from segmentation_pipeline.features.family import Family, Feature, Inputs, needs_source, slug

SOURCE = "surveys"
_NEVER = "never answered"


def answer_column(item: str) -> str:
    """The feature with a customer's latest answer to an item."""
    return f"answer_{slug(item)}"


def construct_column(construct: str) -> str:
    """The feature with a customer's score on a construct."""
    return f"construct_{construct}"


def _features(config: Config) -> tuple[Feature, ...]:
    answered = (f"{SOURCE}.answered_at",)
    return (
        Feature(Column("survey_date", Type.DAY, "Day of the latest answer to any item of a survey.", "day", _NEVER), answered),
        Feature(Column("survey_days", Type.INTEGER, "Days from that answer to as_of.", "days", _NEVER, minimum=0), answered),
        *(
            Feature(
                Column(answer_column(item), Type.TEXT, f"Latest answer to item '{item}'.", null_means=_NEVER),
                (f"{SOURCE}.choice",),
            )
            for item in config.pipeline.features.choice_items
        ),
        *(
            feature
            for name, construct in config.pipeline.features.constructs.items()
            for feature in _of_construct(name, construct)
        ),
    )


def _of_construct(name: str, construct: ConstructConfig) -> Iterator[Feature]:
    needs = (f"{SOURCE}.choice" if construct.points else f"{SOURCE}.value",)
    scale = f"points {construct.lowest:g} to {construct.highest:g}"

    def number(column: str, description: str, null_means: str) -> Feature:
        ends = construct.lowest, construct.highest
        return Feature(Column(column, Type.NUMBER, description, scale, null_means, minimum=ends[0], maximum=ends[1]), needs)

    for item in construct.items:
        yield number(answer_column(item), f"Latest answer to item '{item}'.", _NEVER)
    items = "item" if len(construct.items) == 1 else f"{len(construct.items)} items"
    yield number(
        construct_column(name),
        f"Score on the {construct.kind} '{name}': mean of the latest answers to its {items}.",
        f"fewer than {construct.least_items} of the items answered",
    )


def _build(inputs: Inputs) -> ir.Table:
    settings = inputs.config.pipeline.features
    answers = inputs.sources[SOURCE]
    days = answers.group_by("customer_id").agg(survey_date=answers.event_date.max())
    if not (settings.constructs or settings.choice_items):
        return days
    scales = [(answers.item.isin(construct.items), _points(answers, construct)) for construct in settings.constructs.values()]
    choices = answers.item.isin(settings.choice_items) if settings.choice_items else ibis.literal(False)
    told = answers.mutate(
        points=ibis.cases(*scales, else_=ibis.null("float64")) if scales else ibis.null("float64"),
        chosen=ibis.ifelse(choices, answers.choice, ibis.null("string")),
    )
    told = told.filter(told.points.notnull() | told.chosen.notnull())
    order = ibis.window(group_by=["customer_id", "item"], order_by=[told.answered_at.desc(), told.response_id.desc()])
    ranked = told.mutate(place=ibis.row_number().over(order))
    latest = ranked.filter(ranked.place == 0)
    items = [item for construct in settings.constructs.values() for item in construct.items]
    wide = latest.group_by("customer_id").agg(
        **{answer_column(item): latest.chosen.max(where=latest.item == item) for item in settings.choice_items},
        **{answer_column(item): latest.points.max(where=latest.item == item) for item in items},
    )
    scores = {construct_column(name): _score(wide, construct) for name, construct in settings.constructs.items()}
    return joined(days, wide.mutate(**scores))


def _points(answers: ir.Table, construct: ConstructConfig) -> ir.FloatingValue:
    """The answer on the construct's scale; null when it is none."""
    value = answers.value.cast("float64")
    if construct.points:
        value = ibis.cases(*((answers.choice == text, points) for text, points in construct.points.items()), else_=value)
    return ibis.ifelse(value.between(construct.lowest, construct.highest), value, ibis.null("float64"))


def _score(wide: ir.Table, construct: ConstructConfig) -> ir.FloatingValue:
    known, total = ibis.literal(0), ibis.literal(0.0)
    for item in construct.items:
        answer = wide[answer_column(item)]
        counted = construct.lowest + construct.highest - answer if item in construct.reversed else answer
        known, total = known + answer.notnull().cast("int64"), total + counted.fill_null(0.0)
    return ibis.ifelse(known >= construct.least_items, (total / known).round(6), ibis.null("float64"))


def _as_of_columns(row: ir.Table, as_of: date) -> dict[str, ir.Value]:
    return {"survey_days": days_since(row.survey_date, as_of)}


SURVEY = Family(
    name="survey",
    description="The latest answers to surveys and the constructs they measure: attitudes, benefits sought, lifestyles, values.",
    features=_features,
    build=_build,
    reads=(SOURCE,),
    as_of_columns=_as_of_columns,
    off=needs_source(SOURCE),
    is_behaviour=False,
)
