"""The columns of ``campaign_results``: what each figure is, and what it means that it is not there."""

from __future__ import annotations

from segmentation_pipeline.contracts.columns import AS_OF, Column, Type

ALL = "all"
MEASURED, RUNNING, FEW, SAME = "measured", "not over yet", "too few people", "no variation"
BROKEN, UNPLANNED, NO_CONTROL, OBSERVATIONAL = "ratio broken", "arm not planned", "no control", "observational"
NOT_ALONE = "other campaigns too"
STATUSES = (MEASURED, RUNNING, FEW, SAME, BROKEN, UNPLANNED, NOT_ALONE, NO_CONTROL, OBSERVATIONAL)
_NO_LIFT = "there is no comparison, or none that holds: status says why"
_PER_PERSON = "unit of the metric per person"


def _count(name: str, description: str, null_means: str | None = None) -> Column:
    return Column(name, Type.INTEGER, description, "people", null_means, minimum=0)


def _number(name: str, description: str, null_means: str | None = _NO_LIFT, unit: str = _PER_PERSON) -> Column:
    return Column(name, Type.NUMBER, description, unit, null_means)


_KEYS = (
    AS_OF,
    Column("campaign_key", Type.TEXT, "The campaign or experiment, whatever it is called."),
    Column("campaign", Type.TEXT, "What it is called."),
    Column("channel", Type.TEXT, "Channel of the campaign; unknown where the log alone knows it."),
    Column(
        "source",
        Type.TEXT,
        "lists: the project's own audiences; contact_log: source campaign_contacts.",
        allowed=("lists", "contact_log"),
    ),
    Column("wave", Type.TEXT, "all: everybody assigned since the start; else the month they were assigned in (YYYY-MM)."),
    Column("segmentation", Type.TEXT, "all, or a segmentation of measurement.by."),
    Column("segment", Type.TEXT, "all, or the segment people were in on the day they were assigned; none: in no segment."),
    Column("arm", Type.TEXT, "The arm that is compared."),
    Column("control", Type.TEXT, "The arm it is compared with.", null_means="nobody was kept out, or nothing was drawn by lot"),
    Column("metric", Type.TEXT, "What is measured: conversion (ordered or not), orders, revenue (net), margin, or an outcome."),
    Column("decides", Type.BOOLEAN, "Whether this is the metric that was named to decide."),
    Column("started_on", Type.DAY, "The first day anybody was assigned in the wave.", "day"),
    Column(
        "planned_end",
        Type.DAY,
        "The day the last window of the wave ends: a month's last day, or the day the campaign ends, and window_days more.",
        "day",
        "it has no end",
    ),
    Column("status", Type.TEXT, "What could be worked out.", allowed=STATUSES),
    Column(
        "verdict",
        Type.TEXT,
        "works, harms: lift_low above 0, lift_high below (the other way where less is better); no difference larger than x: "
        "at the planned end, x the end of the interval farther from 0; too early: before that; not comparable.",
        null_means="nothing was drawn by lot, or nobody kept out: no verdict can be given",
    ),
)
_PEOPLE = (
    _count("assigned", "People in the arm by their first assignment in the wave, contacted or not."),
    _count("assigned_control", "The same of the control.", "no control"),
    _count("not_over_yet", "Of both, those whose window is not over at as_of: they count in assigned and nowhere else."),
    _count("people", "People in the arm whose window is over: what follows is about them."),
    _count("people_control", "The same of the control.", "no control"),
    _count("contacted", "Of people, those who were contacted as far as is known."),
    _count("converted", "Of people, those with a value of the metric other than 0 in their window."),
    _count("converted_control", "The same of the control.", "no control"),
    Column("orders", Type.INTEGER, "Completed orders of people in the window.", "orders", "not measured from orders", minimum=0),
    Column(
        "orders_control",
        Type.INTEGER,
        "The same of the control.",
        "orders",
        "not measured from orders, or no control",
        minimum=0,
    ),
    _number("mean", "Mean of the metric over people.", "nobody's window is over"),
    _number("mean_control", "The same of the control.", "no control, or nobody's window is over"),
    _number("sd", "Standard deviation of the metric over people (n - 1).", "fewer than two people"),
    _number("sd_control", "The same of the control.", "no control, or fewer than two people"),
    _number("total", "Sum of the metric over people.", None, "unit of the metric"),
    _number("total_control", "The same of the control.", "no control", "unit of the metric"),
)
_EFFECTS = (
    _number("effect", "mean - mean_control: of everybody assigned, contacted or not."),
    _number("standard_error", "Root of sd^2 / people + sd_control^2 / people_control."),
    _number("fixed_low", "Lower end of the 95 % interval of effect (Welch); holds when looked at once, at the planned end."),
    _number("fixed_high", "Its upper end."),
    _number("anytime_low", "Lower end of the 95 % interval of effect that holds however often it is looked at."),
    _number("anytime_high", "Its upper end."),
    _number("relative_effect", "mean / mean_control - 1.", f"{_NO_LIFT}; or a mean is not above 0", "share of mean_control"),
    _number("relative_low", "Lower end of its fixed 95 % interval.", f"{_NO_LIFT}; or a mean is not above 0", "share"),
    _number("relative_high", "Its upper end.", f"{_NO_LIFT}; or a mean is not above 0", "share"),
    _number("cuped_effect", "effect less what differences from before explain (CUPED).", "nothing from before explains any"),
    _number("cuped_low", "Lower end of its fixed 95 % interval.", "as cuped_effect"),
    _number("cuped_high", "Its upper end.", "as cuped_effect"),
    _number("cuped_anytime_low", "Lower end of its 95 % interval that holds at every look.", "as cuped_effect"),
    _number("cuped_anytime_high", "Its upper end.", "as cuped_effect"),
    Column(
        "variance_removed",
        Type.NUMBER,
        "Share of the variance of the metric that was known before.",
        "share 0-1",
        "as cuped_effect",
        minimum=0,
        maximum=1,
    ),
    Column(
        "interval",
        Type.TEXT,
        "The interval lift_low and lift_high are from: fixed from the planned end on, anytime before.",
        null_means=_NO_LIFT,
        allowed=("fixed", "anytime"),
    ),
    _number("lift", "The effect the verdict goes by: cuped_effect where there is one, else effect."),
    _number("lift_low", "Lower end of its interval."),
    _number("lift_high", "Its upper end."),
    _number(
        "lift_error",
        "Standard error of lift.",
    ),
    _number("detectable_effect", "Effect found in 80 of 100 such tests looked at once: 2.8 standard errors, after CUPED."),
    _number(
        "winsorised_at",
        "Amounts above this count as this; fixed when the campaign started.",
        "amounts count as they are",
        "base currency",
    ),
)
_TRUST = (
    Column(
        "sample_ratio_p",
        Type.NUMBER,
        "How likely arms divided at least so unlike the plan are by chance (chi-square; binomial below 1,000 people).",
        "probability",
        "no control, or no planned share of the arm",
        minimum=0,
        maximum=1,
    ),
    Column(
        "sample_ratio_holds",
        Type.BOOLEAN,
        "Whether sample_ratio_p is 0.001 or more, of the segment and of everybody in the wave.",
        null_means="no control, or no planned share of the arm",
    ),
    _count("contacted_by_others", "Of people, those another campaign contacted in their window."),
    _count("contacted_by_others_control", "The same of the control.", "no control"),
    _count("in_both_arms", "People of the wave in several arms, by accounts found to be one person: the earlier counts."),
    _count("lost", "Rows of lists of the wave that are gone: people who were erased, or of whom nothing may be said."),
)
_MONEY = (
    _number("incremental", "lift * people: what the arm brought that would not have come without.", unit="unit of the metric"),
    _number("incremental_low", "lift_low * people.", unit="unit of the metric"),
    _number("incremental_high", "lift_high * people.", unit="unit of the metric"),
    Column(
        "cost",
        Type.MONEY,
        "Spent on contacting people: marketing_costs of the campaign so far (of its month, and of months without contacts before "
        "it) per contact, else cost_per_contact, times the contacts of the people in their window, each day once.",
        "base currency",
        "no cost is known",
        minimum=0,
    ),
    _number(
        "return_on_investment",
        "(incremental - cost) / cost; of revenue that is before the cost of goods.",
        "no money metric, no comparison, or no cost",
        "share of cost",
    ),
    _number("return_low", "The same of incremental_low.", "as return_on_investment", "share of cost"),
    _number("return_high", "The same of incremental_high.", "as return_on_investment", "share of cost"),
    Column("definition", Type.TEXT, "Hash of arms, shares, window, outcomes and the metric that decides, as of today."),
    Column(
        "definition_changed",
        Type.BOOLEAN,
        "Whether that is another one than was kept when the campaign started: then the figures answer a question that was "
        "asked afterwards.",
    ),
)
CAMPAIGN_RESULTS_COLUMNS = (*_KEYS, *_PEOPLE, *_EFFECTS, *_TRUST, *_MONEY)
